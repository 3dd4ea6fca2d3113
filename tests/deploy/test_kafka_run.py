"""The broker of `make kafka` and of the tests: real, refuses to share its data, and keeps them when it is killed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.broker import Outgoing, Partition
from shared.kafka import KafkaBroker
from tests.kafka_server import KafkaServer, need_kafka, run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    need_kafka()
    server = KafkaServer(tmp_path_factory.mktemp("kafka"))
    server.start()
    try:
        yield server
    finally:
        server.remove()


@pytest.mark.kafka
async def test_what_was_acknowledged_survives_a_killed_broker(server: KafkaServer) -> None:
    broker = KafkaBroker(server.bootstrap)
    await broker.create_topics(["survivors"], 2)
    producer = await broker.producer("survivor")
    await producer.send([Outgoing("survivors", None, str(n).encode(), (), n % 2) for n in range(200)])
    await producer.stop()
    await broker.stop()
    where = server.bootstrap

    server.kill()
    assert server.pid is None
    server.restart()

    assert server.bootstrap == where
    again = KafkaBroker(server.bootstrap)
    assert await again.ends(["survivors"]) == {Partition("survivors", 0): 100, Partition("survivors", 1): 100}
    await again.stop()


@pytest.mark.kafka
def test_two_brokers_never_share_a_directory(server: KafkaServer) -> None:
    with pytest.raises(run.Broken, match="another broker runs on"):
        KafkaServer(server.directory).start()
    assert server.pid is not None


@pytest.mark.parametrize(("program", "what"), [("java", "Java 17"), ("mvn", "Maven")])
def test_what_is_missing_is_said_in_one_line_with_the_remedy(tmp_path: Path, program: str, what: str) -> None:
    if program == "mvn":
        _make_java(tmp_path / "java")
    environment = {"PATH": str(tmp_path), "STEWARD_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, str(run.HERE / "run.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert what in line
    assert "apt-get install" in line


def _make_java(path: Path) -> None:
    """A program that only tells a version."""
    path.write_text("#!/bin/sh\necho 'openjdk version \"17.0.1\"' >&2\n")
    path.chmod(0o755)


def test_java_that_is_too_old_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Java 17" in (run.missing() or "")
