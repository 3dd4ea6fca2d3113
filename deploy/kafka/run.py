"""One real Apache Kafka broker on loopback, for development, tests and the benchmark: `make kafka`.

Maven brings the jars into a cache once ($STEWARD_CACHE, or .cache in the checkout); nothing is installed.
Needs Java 17 and Maven, or Java 17 and a Kafka distribution named by STEWARD_TEST_KAFKA_HOME. Standard library
only, so that it runs before anything else is there.
"""
# ruff: noqa: S603, T201  # a command-line tool that starts other programs

import argparse
import atexit
import base64
import contextlib
import fcntl
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
POM = HERE / "pom.xml"
USUAL_PORT = 9092
STARTED = b"Kafka Server started"
HOW_TO_GET = "Debian, Ubuntu: apt-get install openjdk-17-jre-headless maven. macOS: brew install openjdk@17 maven"

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={logs}
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
"""


class Missing(Exception):
    """Kafka cannot run here. The message is one line that says what is missing and how to get it."""


class Broken(Exception):
    """The broker did not come up; the message says why."""


class Kafka:
    """One broker with one data directory: it can be stopped or killed, and started again where it was.

    All methods block (a start takes three to five seconds); in async code call them by `asyncio.to_thread`.
    """

    def __init__(self, directory: Path | None = None, *, heap: str = "1g", hurried: bool = False) -> None:
        """Without a directory: a temporary one. `hurried` starts with less work and is slower afterwards."""
        self._temporary = directory is None
        self.directory = directory.resolve() if directory else Path(tempfile.mkdtemp(prefix="steward-kafka-"))
        self.port: int | None = None
        self._options = [f"-Xmx{heap}", *(_HURRIED if hurried else []), *_QUIET]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """host:port for clients; stays the same over restarts."""
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the broker warns about."""
        return self.directory / "broker.log"

    @property
    def pid(self) -> int | None:
        """Process id while it runs, for signals such as SIGSTOP."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, port: int | None = None, *, wait_s: float = 60) -> None:
        """Starts and waits until it answers. Without `port`: the one it had before, else a free one.

        Raises Missing without Java or jars, and Broken when it does not come up.
        """
        if self.pid:
            return
        java, classpath = find_java(), find_jars()
        self.port = port or self.port or free_port()
        with _claim(self.directory) as claimed:
            config = _configure(self.directory, self.port)
            _format_once(java, classpath, self.directory, config)
            read_from = self.log.stat().st_size if self.log.exists() else 0
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [java, *self._options, "-cp", classpath, "kafka.Kafka", str(config)],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, pass_fds=[claimed],
                )  # fmt: skip
        atexit.register(self.kill)
        self._wait_until_started(read_from, wait_s)

    def stop(self) -> None:
        """Stops in good order, as an operator would; kills it when that takes longer than 30 s."""
        self._end(signal.SIGTERM, 30)

    def kill(self) -> None:
        """Kills at once, as a power cut would. The data stay."""
        self._end(signal.SIGKILL, 10)

    def restart(self) -> None:
        """Starts again after `stop` or `kill`, or stops first: same data, same port."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Kills it and, if the directory was made for it, deletes that."""
        self.kill()
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _end(self, how: signal.Signals, wait_s: float) -> None:
        process, self._process = self._process, None
        atexit.unregister(self.kill)
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(how)
        try:
            process.wait(wait_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait_until_started(self, read_from: int, wait_s: float) -> None:
        process = self._process
        assert process is not None
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            said = self.log.read_bytes()[read_from:]
            if STARTED in said:
                return
            if process.poll() is not None:
                break
            time.sleep(0.05)
        self.kill()
        tail = self.log.read_bytes()[read_from:].decode(errors="replace").splitlines()[-15:]
        raise Broken("\n".join([f"Kafka did not start on port {self.port}:", *tail]))


_HURRIED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
_QUIET = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
)


def missing() -> str | None:
    """The line that says why Kafka cannot run here, or None when it can. Downloads nothing."""
    try:
        find_java()
        if not _home_jars() and not _cached_jars().is_dir():
            _find_maven()
    except Missing as why:
        return str(why)
    return None


def find_java() -> str:
    """A Java of version 17 or later: JAVA_HOME's, else the one on the path."""
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home) / "bin" / "java")] if home else []
    for java in [*candidates, shutil.which("java") or ""]:
        if java and _java_version(java) >= 17:
            return java
    raise Missing(f"Kafka needs Java 17 or later, and there is none here. {HOW_TO_GET}")


def find_jars() -> str:
    """The class path of the broker; downloads the jars at the first time, safely from several processes."""
    home = _home_jars()
    if home:
        return home
    jars = _cached_jars()
    with _lock(jars.with_suffix(".lock")):
        if not jars.is_dir():
            _download(jars)
    return f"{jars}/*"


def free_port() -> int:
    """A port of loopback below the range that outgoing connections use."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        if _is_free(port):
            return port
    raise Broken("no free port between 20000 and 32000")


def _java_version(java: str) -> int:
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def _find_maven() -> str:
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing(f"Kafka's jars are brought by Maven, and there is none here. {HOW_TO_GET}")
    return maven


def _home_jars() -> str | None:
    home = os.environ.get("STEWARD_TEST_KAFKA_HOME")
    if not home:
        return None
    if not (Path(home) / "libs").is_dir():
        raise Missing(f"STEWARD_TEST_KAFKA_HOME names {home}, which has no libs directory")
    return f"{home}/libs/*"


def _cache() -> Path:
    return Path(os.environ.get("STEWARD_CACHE") or HERE.parent.parent / ".cache") / "kafka"


def _cached_jars() -> Path:
    return _cache() / f"jars-{zlib.crc32(POM.read_bytes()):08x}"


def _download(jars: Path) -> None:
    maven = _find_maven()
    unfinished = jars.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    print("Bringing Apache Kafka's jars by Maven (once)", file=sys.stderr, flush=True)
    done = subprocess.run(
        [
            maven, "--quiet", "--batch-mode", "--strict-checksums", "--file", str(POM),
            f"-Dmaven.repo.local={_cache() / 'm2'}", "dependency:copy-dependencies",
            "-DincludeScope=runtime", f"-DoutputDirectory={unfinished}",
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Broken(f"Maven could not bring Kafka's jars:\n{(done.stdout + done.stderr)[-2000:]}")
    unfinished.rename(jars)


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _claim(directory: Path) -> Iterator[int]:
    """A lock that the broker inherits and keeps while it lives: two brokers on one directory corrupt it."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "claimed").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Broken(f"another broker runs on {directory}; stop it, or name another directory") from None
        yield file.fileno()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _configure(directory: Path, port: int) -> Path:
    config = directory / "server.properties"
    config.write_text(PROPERTIES.format(port=port, controller=free_port(), logs=directory / "logs"))
    return config


def _format_once(java: str, classpath: str, directory: Path, config: Path) -> None:
    if (directory / "logs" / "meta.properties").exists():
        return
    tool = [java, *_HURRIED, *_QUIET, "-cp", classpath, "kafka.tools.StorageTool"]
    cluster = base64.urlsafe_b64encode(b"steward" + os.urandom(9)).decode()
    command = [*tool, "format", "--cluster-id", cluster, "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"Kafka's data directory could not be formatted:\n{done.stdout}{done.stderr}")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="One Apache Kafka broker on loopback, until Ctrl-C.")
    parser.add_argument("--port", type=int, help=f"default {USUAL_PORT}, or a free one if that is taken")
    parser.add_argument("--data", type=Path, help="directory of its data; default: data in the cache, kept")
    parser.add_argument("--heap", default="1g", help="largest heap of the Java process")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Runs one broker in the foreground; 0 when it was stopped, 1 with the reason when it could not run."""
    asked = _parse(arguments)
    kafka = Kafka(asked.data or _cache() / "data", heap=asked.heap)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        kafka.start(asked.port or (USUAL_PORT if _is_free(USUAL_PORT) else free_port()))
        print(f"Kafka answers at {kafka.bootstrap}. Data and log: {kafka.directory}. Ctrl-C stops it.", flush=True)
        while kafka.pid:
            time.sleep(0.5)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("Stopping Kafka", flush=True)
        kafka.stop()
        return 0
    except (Missing, Broken) as why:
        print(why, file=sys.stderr)
        return 1
    print(f"Kafka has ended by itself; see {kafka.log}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
