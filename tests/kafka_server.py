"""A real Apache Kafka broker for tests marked `kafka`: one process a session, started at the first use.

Where Java or Maven is missing the tests are skipped with a line that says how to get them; in CI they fail.
"""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_RUN = Path(__file__).resolve().parent.parent / "deploy" / "kafka" / "run.py"


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("steward_deploy_kafka", _RUN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


run = _load()
"""deploy/kafka/run.py as a module."""


class KafkaServer:
    """One broker that can be stopped, killed, frozen and started again on the same data and port.

    Every method blocks for up to some seconds: in async tests under load call them by `asyncio.to_thread`.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._kafka = run.Kafka(directory, heap="512m", hurried=True)

    @property
    def bootstrap(self) -> str:
        """host:port; the same over restarts."""
        return str(self._kafka.bootstrap)

    @property
    def directory(self) -> Path:
        """Its configuration, data and log."""
        return Path(self._kafka.directory)

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        pid: int | None = self._kafka.pid
        return pid

    def start(self, port: int | None = None) -> None:
        """Starts it and waits until it answers; without `port` the one it had, else a free one."""
        self._kafka.start(port)

    def stop(self) -> None:
        """Stops it in good order."""
        self._kafka.stop()

    def kill(self) -> None:
        """Kills it at once (SIGKILL); what it acknowledged is on its disk or in the page cache."""
        self._kafka.kill()

    def restart(self) -> None:
        """Starts it again after `stop` or `kill`, or stops it first."""
        self._kafka.restart()

    def remove(self) -> None:
        """Kills it and deletes its temporary directory."""
        self._kafka.remove()


def need_kafka() -> None:
    """Skips the test with the remedy where Kafka cannot run; fails it where CI is set."""
    why = run.missing()
    if why is None:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must run the Kafka tests. {why}")
    pytest.skip(why)


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaServer]:
    """The session's shared broker. Tests use topics and groups of their own names and leave it running."""
    need_kafka()
    server = KafkaServer()
    server.start()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def own_kafka_server() -> Iterator[KafkaServer]:
    """A broker of the test's own, to be killed and restarted at will."""
    need_kafka()
    server = KafkaServer()
    server.start()
    try:
        yield server
    finally:
        server.remove()
