"""The whole demo as a visitor starts it: a process that comes alive, tells its story and stops when asked."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "services.cli.__main__", "demo", "--accounts", "40", "--days", "60"]


async def _until(stream: asyncio.StreamReader, *wanted: str) -> list[str]:
    """Reads lines until each of the wanted texts has been seen, in any order; the lines."""
    lines: list[str] = []
    missing = set(wanted)
    while missing:
        line = (await stream.readline()).decode()
        assert line, "".join(lines)
        lines.append(line)
        missing = {text for text in missing if text not in line}
    return lines


async def _visit(data_dir: Path) -> list[str]:
    env = {**os.environ, "STEWARD_DATA_DIR": str(data_dir), "STEWARD_API_PORT": "0", "COLUMNS": "200"}
    demo = await asyncio.create_subprocess_exec(
        *COMMAND, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert demo.stdout is not None
    lines = await _until(demo.stdout, "/sign-in?token=", "stw_", "critical", "playbook at-risk", "✉ Slack:")
    demo.send_signal(signal.SIGINT)
    lines += (await demo.stdout.read()).decode().splitlines()
    assert await demo.wait() == 0
    return lines


@pytest.mark.soak
async def test_a_visitor_sees_crossing_run_and_alert_and_stops_it(tmp_path: Path) -> None:
    lines = await _visit(tmp_path)
    assert lines[-1].startswith("Stopped.")


@pytest.mark.soak
async def test_it_is_taken_up_again_where_it_stopped(tmp_path: Path) -> None:
    env = {**os.environ, "STEWARD_DATA_DIR": str(tmp_path), "STEWARD_API_PORT": "0", "COLUMNS": "200"}
    await _visit(tmp_path)
    again = await asyncio.create_subprocess_exec(
        *COMMAND, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert again.stdout is not None
    await _until(again.stdout, "Steward is alive with 40 accounts", "/sign-in?token=")
    again.send_signal(signal.SIGTERM)
    await again.stdout.read()
    assert await again.wait() == 0
