"""History that lasts: accepted events as Parquet files by day of arrival, in a directory or an S3 bucket.

A day has a file for what tells something and one for activity, each sorted by event id, so that one row group at most
can hold an id. Names carry the beginning of the file's own digest: a file is never written over, it is replaced by
another one, and whoever keeps the list of files says which counts. `manifest.json` repeats that list beside them.
"""

import hashlib
import json
import os
import posixpath
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import fsspec
import msgspec
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from shared.errors import Invalid, NotFound
from shared.parquet import SCHEMA, SCHEMA_VERSION, Damaged, Digest, Filed, events_of, open_parquet, table_of

__all__ = ["Archive", "Change", "Damaged", "Entry", "Filed", "NewFile"]

MANIFEST = "manifest.json"
ROWS_IN_A_GROUP = 20_000
_CHUNK_BYTES = 1 << 20


class Entry(msgspec.Struct, frozen=True):
    """A file of the archive: the events of a day that are alike in kind. `part` counts from 1; more than one where
    events came for a day whose earlier ones had left the database."""

    day: str
    kind: str
    part: int
    path: str
    rows: int
    bytes: int
    sha256: str
    """Of the file."""
    digest: str
    """Of the events in it, in order; the same however they are compressed."""
    schema: int
    first_received: int
    last_received: int


Change = Callable[[Filed], Filed | None]
"""What becomes of an event when a file is written anew; None takes it out."""


class Archive:
    """The files under a directory or URL (`s3://bucket/prefix`). Its methods wait for disks and networks: call them
    in a thread. Raises Invalid for a URL that cannot be opened here."""

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        try:
            self._files, root = fsspec.core.url_to_fs(url, **options)
        except (ImportError, ValueError) as error:
            raise Invalid(f"the archive {url} cannot be opened: {error}", "for S3 install `steward-cs[s3]`") from error
        self._root = root.rstrip("/")

    def write(self, day: str, kind: str, part: int, batches: Iterable[Sequence[Filed]]) -> Entry | None:
        """A new file of events sorted by id, read back and compared; its entry, or None of no events."""
        with self.writing(day, kind, part) as new:
            for batch in batches:
                new.add(batch)
        return new.entry

    def writing(self, day: str, kind: str, part: int) -> "NewFile":
        """A new file that grows by batches."""
        return NewFile(self, day, kind, part)

    def read(self, entry: Entry) -> Iterator[list[Filed]]:
        """The events of a file, in the order of their ids, a row group at a time. Raises Damaged or NotFound."""
        with self._open(entry.path) as file:
            parquet = open_parquet(file, entry.path)
            for number in range(parquet.num_row_groups):
                yield events_of(parquet.read_row_group(number))

    def find(self, entry: Entry, id: bytes) -> Filed | None:
        """The event of this id, if the file has it; reads the footer and at most one row group or two."""
        with self._open(entry.path) as file:
            parquet = open_parquet(file, entry.path)
            for number in range(parquet.num_row_groups):
                told = parquet.metadata.row_group(number).column(0).statistics
                if told is None or told.min <= id <= told.max:
                    ids = parquet.read_row_group(number, columns=["id"]).column(0).to_pylist()
                    if id in ids:
                        return events_of(parquet.read_row_group(number).slice(ids.index(id), 1))[0]
        return None

    def check(self, entry: Entry) -> None:
        """Reads all of a file. Raises Damaged or NotFound where it is not what the entry says."""
        with self._open(entry.path) as file:
            size, sha256 = _hash(file)
        if (size, sha256) != (entry.bytes, entry.sha256):
            raise Damaged(f"{entry.path} has {size} bytes of digest {sha256[:12]}…, not {entry.sha256[:12]}…")
        digest, rows = Digest(), 0
        for batch in self.read(entry):
            digest.add(batch)
            rows += len(batch)
        if (rows, digest.hex()) != (entry.rows, entry.digest):
            raise Damaged(f"{entry.path} has {rows} events that do not read as they were written")

    def rewrite(self, entry: Entry, change: Change) -> Entry | None:
        """The same day and part written anew through `change`: the same entry where nothing changed, None where
        nothing is left. The old file stays until `delete`."""
        with self.writing(entry.day, entry.kind, entry.part) as new:
            for batch in self.read(entry):
                new.add([changed for one in batch if (changed := change(one)) is not None])
        if new.entry is not None and new.entry.digest == entry.digest:
            if new.entry.path != entry.path:
                self.delete(new.entry.path)
            return entry
        return new.entry

    def delete(self, path: str) -> None:
        """Removes a file; that it is gone already is well."""
        with suppress(FileNotFoundError):
            self._files.rm_file(self._full(path))

    def write_manifest(self, entries: Sequence[Entry]) -> None:
        """Writes the list of files beside them, whole."""
        listed = [msgspec.to_builtins(entry) for entry in entries]
        text = json.dumps({"schema": SCHEMA_VERSION, "files": listed}, indent=1) + "\n"
        self._put(MANIFEST, text.encode())

    def read_manifest(self) -> list[Entry]:
        """The list of files as it stands beside them. Raises NotFound, or Invalid of a newer version."""
        with self._open(MANIFEST) as file:
            told = json.load(file)
        if told["schema"] > SCHEMA_VERSION:
            raise Invalid(f"the archive is of version {told['schema']}", "read it with a newer Steward")
        return msgspec.convert(told["files"], list[Entry])

    def strays(self, known: Collection[str]) -> list[str]:
        """Files of days that are not among the known paths: left by a process that died."""
        self._files.invalidate_cache()
        try:
            found = self._files.find(self._root)
        except FileNotFoundError:
            return []
        paths = (posixpath.relpath(path, self._root) for path in found)
        return sorted(path for path in paths if path.startswith("day=") and path not in known)

    # --- files ----------------------------------------------------------------------------------------

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _open(self, path: str) -> Any:
        try:
            return self._files.open(self._full(path), "rb")
        except FileNotFoundError:
            raise NotFound(f"{path} is not in the archive {self.url}", "`steward archive verify` lists them") from None

    def _put(self, path: str, content: bytes) -> None:
        """All of it or nothing: object stores put so by themselves, directories by a rename."""
        full = self._full(path)
        if not self._is_local:
            self._files.pipe_file(full, content)
            return
        self._files.makedirs(posixpath.dirname(full), exist_ok=True)
        self._files.pipe_file(f"{full}.new", content)
        Path(f"{full}.new").replace(full)

    def _keep(self, written: str, path: str) -> None:
        """Takes over a file that was written elsewhere; it is safe on its disk when this returns."""
        full = self._full(path)
        self._files.makedirs(posixpath.dirname(full), exist_ok=True)
        self._files.put_file(written, full)
        if self._is_local:
            with Path(full).open("rb") as file:
                os.fsync(file.fileno())

    @property
    def _is_local(self) -> bool:
        return isinstance(self._files, LocalFileSystem)


class NewFile:
    """A file that grows by batches of events, sorted by id throughout. When the block ends it is in the archive, read
    back and compared, and has an entry; without events it is none. When the block raises nothing is kept."""

    def __init__(self, archive: Archive, day: str, kind: str, part: int) -> None:
        self.entry: Entry | None = None
        self._archive = archive
        self._of = (day, kind, part)
        self._digest, self._rows = Digest(), 0
        self._received: list[int] = []
        self._waiting: list[Filed] = []

    def __enter__(self) -> "NewFile":
        self._directory = tempfile.TemporaryDirectory(prefix="steward-archive-")
        self._path = f"{self._directory.name}/new"
        self._parquet = pq.ParquetWriter(self._path, SCHEMA, compression="zstd")
        return self

    def add(self, batch: Sequence[Filed]) -> None:
        """Events with greater ids than those before."""
        self._digest.add(batch)
        self._rows += len(batch)
        received = [one.received_at for one in batch] + self._received
        self._received = [min(received), max(received)] if received else []
        self._waiting += batch
        while len(self._waiting) >= ROWS_IN_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        group, self._waiting = self._waiting[:ROWS_IN_A_GROUP], self._waiting[ROWS_IN_A_GROUP:]
        self._parquet.write_table(table_of(group), row_group_size=ROWS_IN_A_GROUP)

    def close(self) -> None:
        """Puts the file into the archive, reads it back and compares it."""
        if self._waiting:
            self._flush()
        self._parquet.close()
        if self._rows:
            self.entry = self._kept()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._directory:
            if self._parquet.is_open:
                self.close() if kind is None else self._parquet.close()

    def _kept(self) -> Entry:
        with Path(self._path).open("rb") as file:
            size, sha256 = _hash(file)
        day, kind, part = self._of
        path = f"day={day}/{kind}-{part}-{sha256[:12]}.parquet"
        self._archive._keep(self._path, path)
        first, last = self._received
        entry = Entry(day, kind, part, path, self._rows, size, sha256, self._digest.hex(), SCHEMA_VERSION, first, last)
        self._archive.check(entry)
        return entry


def _hash(file: IO[bytes]) -> tuple[int, str]:
    """(size, SHA-256) of an open file."""
    size, digest = 0, hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        size += len(chunk)
        digest.update(chunk)
    return size, digest.hexdigest()
