"""The wheel carries everything that runs, and runs outside the checkout."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.deploy.checkout import ROOT

PACKAGES = ("services", "shared", "migrations")
UV = Path(sys.executable).parent / "uv"
MIGRATE = "import sys; sys.argv = ['steward', 'migrate']; from services.cli.__main__ import main; main()"


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Runs a program; its output. Fails with what it said."""
    environment = {**os.environ, "UV_SYSTEM_CERTS": "1", **variables}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the pinned build tools."""
    out = tmp_path_factory.mktemp("dist")
    pins = ROOT / "deploy" / "build-requirements.lock"
    run(UV, "build", "--quiet", "--wheel", "--build-constraints", pins, "--require-hashes", "--out-dir", out, cwd=ROOT)
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel's content and nothing of the checkout."""
    target = tmp_path_factory.mktemp("installed")
    run(UV, "pip", "install", "--quiet", "--no-deps", "--target", target, wheel, cwd=target)
    return target


def run_installed(installed: Path, code: str, **variables: str) -> str:
    """Runs code on the installed wheel, with the dependencies of this environment and not its editable install."""
    path = os.pathsep.join([str(installed), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    base = Path(sys._base_executable)  # type: ignore[attr-defined]  # the interpreter without this environment
    return run(base, "-P", "-c", code, cwd=installed.parent, PYTHONPATH=path, **variables)


@pytest.fixture
async def empty_database(postgres_url: str) -> AsyncIterator[str]:
    """The URL of a database without a schema."""
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("DROP DATABASE IF EXISTS wheel_test")
        await connection.execute("CREATE DATABASE wheel_test")
        before, _, parameters = postgres_url.partition("?")
        yield f"{before.rpartition('/')[0]}/wheel_test" + (f"?{parameters}" if parameters else "")
        await connection.execute("DROP DATABASE wheel_test WITH (FORCE)")
    finally:
        await connection.close()


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*"))
    ours = {str(p.relative_to(ROOT)) for p in files if p.is_file() and "__pycache__" not in p.parts}
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert carried == ours


def test_models_playbooks_templates_and_migrations_are_among_them(wheel: Path) -> None:
    carried = zipfile.ZipFile(wheel).namelist()
    for start, end in [
        ("services/health/models/", ".yaml"),
        ("services/playbooks/library/", ".yaml"),
        ("services/playbooks/templates/", ".md"),
        ("services/api/console/", ".html"),
        ("migrations/versions/", ".py"),
    ]:
        assert any(name.startswith(start) and name.endswith(end) for name in carried), start


def test_it_runs_from_where_it_is_installed(installed: Path) -> None:
    assert Path(run_installed(installed, "import shared; print(shared.__file__)").strip()).is_relative_to(installed)


async def test_steward_migrate_makes_the_schema_from_an_installed_wheel(installed: Path, empty_database: str) -> None:
    run_installed(installed, MIGRATE, STEWARD_DATABASE_URL=empty_database)
    connection = await asyncpg.connect(empty_database)
    try:
        assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1
        assert await connection.fetchval("SELECT to_regclass('accounts') IS NOT NULL")
    finally:
        await connection.close()
