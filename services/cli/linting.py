"""What is wrong with the files that a company keeps, and what is worth a look: health's and playbooks' together."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.health.configuration import Configuration


def lint_files(config_dir: Path | None) -> tuple[list[str], list[str]]:
    """(what is wrong, what is worth a look)."""
    from services.health.configuration import known_names, misnamed_pools, problems
    from services.health.gathering import gather
    from services.playbooks.lint import lint as lint_playbooks
    from services.playbooks.loading import gather as gather_playbooks
    from services.playbooks.loading import has_template
    from services.playbooks.names import misnamed
    from shared.errors import Invalid

    try:
        (whole, wrong), (playbooks, more) = gather(config_dir), gather_playbooks(config_dir)
    except Invalid as error:
        return [str(error)], []
    if wrong or more:
        return [*wrong, *more], []
    wrong, found = problems(whole), lint_playbooks(playbooks, has_template)
    if not wrong:
        wrong, found = list(misnamed_pools(whole)), [*found, *misnamed(playbooks, known_names(whole))]
    wrong = [*wrong, *(f"playbook {one.playbook}, {one.place}: {one.words}" for one in found)]
    return wrong, [] if wrong else [*_unread(config_dir), *_remarks(whole, playbooks)]


def _unread(config_dir: Path | None) -> list[str]:
    from services.health.kinds import KINDS
    from services.health.shipped import unread

    folders = sorted({*KINDS, "playbooks"})
    found = unread(config_dir, folders) if config_dir else []
    return [f"{file} is not read: files lie in {', '.join(folders[:-1])} or {folders[-1]}" for file in found]


def _remarks(whole: "Configuration", playbooks: Any) -> list[str]:
    """What is allowed and rarely meant: bands of risk for which nobody has planned anything."""
    from services.playbooks.lint import Fall, unanswered

    falls = [
        Fall(segment, band.name, band.lower, upper)
        for segment, model in whole.models(whole.policy.models).items()
        for band, upper in zip(model.bands, [100, *(above.lower - 1 for above in model.bands)], strict=False)
        if band.color == "red"
    ]
    return [
        f"no playbook starts when a {fall.segment} account falls into {fall.band} ({fall.lower} to {fall.upper})"
        for fall in unanswered(playbooks, falls)
    ]
