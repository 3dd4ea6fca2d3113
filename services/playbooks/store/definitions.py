"""Every playbook that was ever in force: a run ends by the definition that it began with."""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Sequence
from functools import lru_cache

from services.playbooks.definitions import Playbook
from shared.database import Reading, Writing

Version = tuple[str, int]


async def put_in_force(tx: Writing, playbooks: Sequence[Playbook], now: dt.datetime) -> dict[str, int]:
    """Playbook → its version: the known one where the definition is known, else the next."""
    await tx.execute("LOCK TABLE definitions IN SHARE ROW EXCLUSIVE MODE")
    versions: dict[str, int] = {}
    for playbook in playbooks:
        text = json.dumps(playbook.model_dump(mode="json"), sort_keys=True)
        digest = hashlib.sha256(text.encode()).digest()
        await tx.execute(
            """
            INSERT INTO definitions (playbook, version, digest, definition, recorded_at)
            SELECT $1, coalesce(max(version), 0) + 1, $2, $3::jsonb, $4 FROM definitions WHERE playbook = $1
            ON CONFLICT (playbook, digest) DO NOTHING
            """,
            playbook.id,
            digest,
            text,
            now,
        )
        versions[playbook.id] = await tx.value(
            "SELECT version FROM definitions WHERE playbook = $1 AND digest = $2", playbook.id, digest
        )
    return versions


async def read(reading: Reading, wanted: Collection[Version]) -> dict[Version, Playbook]:
    """The definitions of those versions."""
    rows = await reading.fetch(
        """
        SELECT d.playbook, d.version, d.definition::text AS definition
          FROM definitions d JOIN unnest($1::text[], $2::int[]) AS wanted (playbook, version) USING (playbook, version)
        """,
        [playbook for playbook, _ in wanted],
        [version for _, version in wanted],
    )
    return {(row["playbook"], row["version"]): _parsed(row["definition"]) for row in rows}


@lru_cache(maxsize=256)
def _parsed(definition: str) -> Playbook:
    return Playbook.model_validate_json(definition)
