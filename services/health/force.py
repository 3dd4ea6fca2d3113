"""What is in force, as the database says. Whoever assesses asks under the lock of what it assesses, so that a change
of the rules is either before it or after it, never half."""

import datetime as dt
from collections.abc import Iterable

from services.health.columns import Columns
from services.health.configuration import Configuration, configuration, document
from services.health.gathering import gathered
from services.health.model import Model
from services.health.rules import Rules
from services.health.silence import Quiet, Silence, silence
from services.health.store import config
from services.health.store.config import Mark
from services.health.store.silence import tellers
from shared.database import Reading, Writing
from shared.errors import NotFound
from shared.settings import Settings


class InForce:
    """The rules in force, read anew whenever they have changed. Until something was applied, those of the files."""

    def __init__(self, files: Configuration, quiet: Quiet = Quiet()) -> None:  # noqa: B008  # a value
        self._files = files
        self._quiet = quiet
        self._known: tuple[Mark, Rules] | None = None
        self._heard: tuple[Rules, Rules] | None = None

    async def hold(self, tx: Writing, now: dt.datetime | None = None) -> Rules:
        """The rules in force, for assessing; the columns that they ask for are there afterwards. With `now`, they know
        which sources are silent."""
        rules = await self._complete(tx)
        return rules if now is None else self._hearing(rules, silence(await tellers(tx), self._quiet, now))

    def _hearing(self, rules: Rules, found: Silence) -> Rules:
        """The rules during a silence: the same for as long as it lasts, with all that they have worked out."""
        if not found.since:
            return rules
        if self._heard is None or self._heard[0] is not rules or self._heard[1].silence != found:
            self._heard = (rules, rules.hearing(found))
        return self._heard[1]

    async def _complete(self, tx: Writing) -> Rules:
        rules = await self.read(tx)
        if not rules.lacking:
            return rules
        full = rules.with_columns(Columns(tuple(await config.add_columns(tx, rules.wanted()))))
        tx.after_commit(lambda: self._remember(Mark(full.revision, len(full.columns.all)), full))
        return full

    async def read(self, reading: Reading) -> Rules:
        """The rules in force, for reading."""
        mark = await config.mark(reading)
        if self._known is None or self._known[0] != mark:
            self._remember(mark, await self._load(reading, mark))
        assert self._known is not None
        return self._known[1]

    def _remember(self, mark: Mark, rules: Rules) -> None:
        self._known = (mark, rules)

    async def _load(self, reading: Reading, mark: Mark) -> Rules:
        columns = Columns(tuple(await config.columns(reading)))
        whole = await stored(reading, mark.revision) or self._files
        return Rules.of(whole, known=await ever_in_force(reading), columns=columns, revision=mark.revision)


async def hearing(reading: Reading, rules: Rules, quiet: Quiet, now: dt.datetime) -> Rules:
    """The rules, knowing which sources are silent at `now`."""
    found = silence(await tellers(reading), quiet, now)
    return rules.hearing(found) if found.since or rules.silence.since else rules


def by_settings(settings: Settings) -> InForce:
    """What is in force; until something was applied, the files that the settings name."""
    return InForce(gathered(settings.config_dir), quiet_by(settings))


def quiet_by(settings: Settings) -> Quiet:
    """When a source counts as silent."""
    return Quiet(settings.quiet_factor, dt.timedelta(minutes=settings.quiet_after_minutes))


async def stored(reading: Reading, number: int) -> Configuration | None:
    """The configuration of a revision, or None where there is none of that number."""
    found = await config.revision(reading, number)
    if found is None:
        return None
    told = await config.contents(reading, found.documents)
    return configuration(document(kind, f"revision {number}", content) for kind, _, content in told)


async def ever_in_force(reading: Reading) -> Iterable[Model]:
    """Every version of every model that ever was in force and can still be read."""
    told = await config.contents(reading)
    return [Model.model_validate(content) for kind, _, content in told if kind == "models"]


async def present(reading: Reading) -> Configuration:
    """The configuration in force; an empty one where nothing was ever applied."""
    return await stored(reading, (await config.mark(reading)).revision) or Configuration({})


async def former(reading: Reading, number: int | None) -> tuple[int, Configuration]:
    """A revision that was in force: of that number, or the last one that differs from the present. Raises NotFound."""
    listed = await config.revisions(reading)
    wanted = (
        [one for one in listed if one.id == number]
        if number
        else [one for one in listed if set(one.documents) != set(listed[0].documents)]
    )
    if not wanted:
        raise NotFound("there is no such revision", "`steward config log` lists them")
    whole = await stored(reading, wanted[0].id)
    assert whole is not None
    return wanted[0].id, whole
