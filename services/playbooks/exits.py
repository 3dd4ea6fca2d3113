"""Exit criteria: whether one has held for as long as it asks, over the moments since the last look. Pure."""

import datetime as dt
from collections.abc import Sequence

from services.playbooks.definitions import Playbook
from services.playbooks.nouns import Moment, Run
from services.playbooks.wording import days
from shared.conditions import closure, parse_lasting, words

Holding = dict[str, dt.datetime]


def watched(run: Run, playbook: Playbook, moments: Sequence[Moment]) -> Holding:
    """Since when each criterion has held, after the moments. An interruption forgets it."""
    holding = dict(run.progress.holding)
    for moment in moments:
        _watch(holding, playbook, moment)
    return {text: since for text, since in holding.items() if text in playbook.exit_criteria}


def exit_due(run: Run, playbook: Playbook, moments: Sequence[Moment]) -> str | None:
    """The words for the exit, if a criterion had held long enough by one of the moments."""
    holding = dict(run.progress.holding)
    for moment in moments:
        if met := _met(holding, playbook, moment.at):
            return _said(met, moment)
        _watch(holding, playbook, moment)
    met = _met(holding, playbook, moments[-1].at)
    return _said(met, moments[-1]) if met else None


def _watch(holding: Holding, playbook: Playbook, moment: Moment) -> None:
    for text in playbook.exit_criteria:
        if closure(parse_lasting(text).condition)(moment.values):
            holding.setdefault(text, moment.at)
        else:
            holding.pop(text, None)


def _met(holding: Holding, playbook: Playbook, at: dt.datetime) -> str | None:
    for text in playbook.exit_criteria:
        since = holding.get(text)
        if since is not None and at - since >= dt.timedelta(days=parse_lasting(text).days):
            return text
    return None


def _said(text: str, moment: Moment) -> str:
    """True words at the moment, or the criterion itself where the moment is the one that broke it."""
    lasting = parse_lasting(text)
    held = closure(lasting.condition)(moment.values)
    said = words(lasting.condition, moment.values) if held else text.partition(" for ")[0]
    return f"{said}, for {days(lasting.days)}" if lasting.days else said
