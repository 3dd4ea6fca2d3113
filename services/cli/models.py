"""`steward models`: the health models, what is in force, and how two of them differ."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import json
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.reckoning import model_named, rules_now
from services.cli.terminal import escape, examples, group, out, run

if TYPE_CHECKING:
    from services.health.rules import Rules
    from services.health.store.shadows import Compared

app = group(
    "models",
    "The health models: which score whom, what is in them, how they differ.",
    ("steward models list", "what is in force, and in the shadow of it"),
    ("steward models show hm-2", "groups, measures, weights, curves, bands"),
    ("steward models diff hm-2 hm-3", "place by place"),
)
Name = Annotated[str, typer.Argument(help="hm-2 for the newest, hm-2@1 for a version")]


@app.command("list", epilog=examples(("steward models list", "")))
def list_() -> None:
    """List the models with the segments that they score, and what the models in the shadow would make otherwise."""
    from rich.table import Table

    rules, counts, compared = run(_list())
    table = Table(box=None)
    for title in ("model", "scores", "shadow of", "accounts", "measures", "words"):
        table.add_column(title, justify="right" if title in ("accounts", "measures") else "left")
    for key, model in sorted(rules.models.items()):
        scoring = [segment for segment, one in rules.in_force.items() if one.key == key]
        watching = [segment for segment, one in rules.shadow.items() if one.key == key]
        table.add_row(
            key, ", ".join(scoring), ", ".join(watching), f"{counts.get(key, 0):,}", str(len(model.leaves)),
            escape(model.words.strip()),
        )  # fmt: skip
    out.print(table)
    _tell_shadows(compared)


def _tell_shadows(compared: "list[Compared]") -> None:
    for one in compared:
        if one.band != one.shadow_band:
            out.print(
                f"{one.segment}: {one.accounts:,} accounts in {one.band} by {one.model} "
                f"would be in {one.shadow_band} by {one.shadow}"
            )


@app.command(
    epilog=examples(("steward models show hm-2", ""), ("steward models show hm-2@1 --json", "as a file says it"))
)
def show(name: Name, *, as_json: Annotated[bool, typer.Option("--json", help="the whole model")] = False) -> None:
    """Show a model: its groups, measures, weights and curves, its bands and exceptions."""
    from rich.table import Table

    model = model_named(run(_rules()), name)
    if as_json:
        out.print(
            json.dumps(model.model_dump(mode="json", exclude_defaults=True), indent=2, ensure_ascii=False), markup=False
        )
        return
    out.print(f"[bold]{model.key}[/] {escape(model.words.strip())}")
    table = Table(box=None)
    for title in ("group", "measure", "weight", "of the score", "where the numbers come from"):
        table.add_column(title, justify="right" if title in ("weight", "of the score") else "left")
    total = sum(group.weight for group in model.groups)
    for one in model.groups:
        within = sum(leaf.weight for leaf in one.leaves)
        for i, leaf in enumerate(one.leaves):
            share = 100 * one.weight * leaf.weight / (total * within)
            label = "" if i else f"{escape(one.label)} {100 * one.weight / total:.0f} %"
            table.add_row(label, escape(leaf.words), str(leaf.weight), f"{share:.1f} %", escape(leaf.curve.reason))
    out.print(table)
    for band in model.bands:
        out.print(f"{band.lower:>3} and more: [bold]{escape(band.name)}[/] ({band.color}) {escape(band.action)}")
    for rule in model.exceptions:
        out.print(f"exception: {escape(rule.words)} [dim]{escape(rule.reason)}[/]")


@app.command(epilog=examples(("steward models diff hm-2@1 hm-2@2", "what a version changed")))
def diff(one: Name, other: Name) -> None:
    """Say in which places two models differ."""
    from services.cli.differing import lines
    from services.health.configuration import places

    rules = run(_rules())
    before, after = (model_named(rules, name).model_dump(mode="json", exclude_defaults=True) for name in (one, other))
    for place, words in (line for found in places(before, after) for line in lines(*found)):
        out.print(f"[bold]{escape(place)}[/]: {escape(words)}")


async def _rules() -> "Rules":
    rules, _, _ = await _list()
    return rules


async def _list() -> "tuple[Rules, dict[str, int], list[Compared]]":
    """(rules, accounts by model, what the shadows say)."""
    from services.cli.wiring import open_database
    from services.health.store import scores, shadows
    from shared.settings import Settings

    settings = Settings()
    async with open_database(settings) as database, database.reading() as reading:
        rules = await rules_now(settings, reading)
        return rules, await scores.by_model(reading), await shadows.compared(reading)
