"""What commands share that reckon over many accounts and days: which model is meant, which outcomes, how far it is."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.cli.progress import following
from shared.errors import Invalid, NotFound

if TYPE_CHECKING:
    from services.health.backtest.handle import Outcomes
    from services.health.model import Model
    from services.health.rules import Rules
    from shared.database import Database, Reading
    from shared.settings import Settings

FROM_RECORD = "from-record"
"""Stands for the outcomes that revenue tells of."""


@contextmanager
def account_days() -> Iterator[Callable[[int, int], None]]:
    """Progress on standard error, which is told (account-days done, in all)."""
    with following(keeps=False) as follow:
        yield follow("account-days", None)


def read_document(file: Path) -> dict[str, Any]:
    """What a YAML file says. Raises Invalid."""
    from shared.yaml_files import read_yaml

    content = read_yaml(file.read_bytes(), str(file))
    if not isinstance(content, dict):
        raise Invalid(f"{file} is not a model", "`steward models show NAME --json` has one to begin with")
    return content


async def rules_now(settings: "Settings", reading: "Reading") -> "Rules":
    """The rules in force."""
    from services.health.force import InForce
    from services.health.gathering import gathered

    return await InForce(gathered(settings.config_dir)).read(reading)


def model_named(rules: "Rules", name: str) -> "Model":
    """The model of a key, the newest of a name, or that of a file. Raises NotFound, Invalid."""
    from services.health.whatif.handle import read_draft

    if name.endswith((".yaml", ".yml")):
        return read_draft(read_document(Path(name)))
    versions = [model for key, model in rules.models.items() if name in (key, model.name)]
    if not versions:
        raise NotFound(f"there is no model {name!r}", f"there are {', '.join(sorted(rules.models))}")
    return max(versions, key=lambda model: model.version)


def told_outcomes(where: str) -> "dict[str, int | None] | None":
    """What a file says of who left when; None for the record. Raises Invalid."""
    from services.health.backtest.file import read_outcomes

    if where == FROM_RECORD:
        return None
    path = Path(where)
    return read_outcomes(path.read_text(encoding="utf-8-sig"), path.name)


async def outcomes_of(database: "Database", where: str, now: int) -> "Outcomes":
    """The outcomes of the record until `now` (µs), or of a file."""
    from services.health.backtest.handle import from_file, from_record

    told = told_outcomes(where)
    return await from_record(database, now) if told is None else await from_file(database, told, where)
