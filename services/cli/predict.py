"""`steward predict …`: learning who leaves, and every account's chance to."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import datetime as dt
import getpass
import json
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.reckoning import FROM_RECORD, account_days, outcomes_of, rules_now
from services.cli.terminal import escape, examples, group, out, run
from shared.errors import NotFound

if TYPE_CHECKING:
    from services.health.backtest.handle import Asked
    from services.health.predict.nouns import Learnt
    from services.health.predict.weights import Suggested
    from services.health.rules import Rules
    from services.health.store.churn import Taught

app = group(
    "predict",
    "The chance to leave: one logistic model over the recorded past, beside the score and never instead of it.",
    ("steward predict train", "learn from revenue that ended in the record"),
    ("steward predict show", "what the newest one has learnt, beside the weights in force"),
    ("steward predict list", "all that were taught"),
)
Json = Annotated[bool, typer.Option("--json", help="print one JSON object")]


@app.command(
    epilog=examples(
        ("steward predict train", "from the record, leaving within 60 days"),
        ("steward predict train --outcomes churn.csv --horizon 90d", "from a file, within 90"),
    )
)
def train(
    *,
    outcomes: Annotated[str, typer.Option(help=f"`{FROM_RECORD}`, or a file: account, churned_at")] = FROM_RECORD,
    horizon: Annotated[int, typer.Option(min=1, max=730, help="days within which an account leaves, or stays")] = 60,
    since: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="first UTC day")] = None,
    every: Annotated[int, typer.Option(min=1, max=365, help="days between two cuts")] = 15,
    as_json: Json = False,
) -> None:
    """Learn who leaves from the recorded past, say how well it foretells a time that it was not taught, and set every
    account's chance. Refused where too few have left."""
    from services.health.backtest.handle import Asked

    taught, rules, accounts = run(_train(outcomes, Asked(horizon, since.date() if since else None, every)))
    _show(taught, rules, as_json=as_json)
    if not as_json:
        out.print(f"The chances of {accounts:,} accounts are set; health sets them anew each day.")


async def _train(where: str, asked: "Asked") -> "tuple[Taught, Rules, int]":
    from services.cli.wiring import open_database
    from services.health.predict import handle
    from services.health.store import churn
    from shared.clock import SystemClock, to_us
    from shared.settings import Settings

    settings, now = Settings(), SystemClock().now()
    async with open_database(settings) as database:
        async with database.reading() as tx:
            rules = await rules_now(settings, tx)
        came = await outcomes_of(database, where, to_us(now))
        with account_days() as bar:
            learnt = await handle.teach(database, rules, came, asked, to_us(now), bar)
        number = await handle.keep(database, learnt, by=getpass.getuser(), now=now)
        accounts = await handle.refresh(database, rules, now)
        async with database.reading() as tx:
            taught = await churn.model(tx, number)
    assert taught is not None
    return taught, rules, accounts


@app.command(epilog=examples(("steward predict show", "the newest"), ("steward predict show 3", "the third")))
def show(number: Annotated[int | None, typer.Argument(help="which; the newest if left out")] = None, *,
         as_json: Json = False) -> None:  # fmt: skip
    """Show what a model has learnt: how well it foretells, its coefficients, and the weights that they suggest beside
    those in force. Weights are never changed by it."""
    taught, rules = run(_one(number))
    _show(taught, rules, as_json=as_json)


@app.command("list", epilog=examples(("steward predict list", "")))
def list_() -> None:
    """List the models that were taught, the newest first; the newest predicts."""
    from rich.table import Table

    from services.health.backtest.page import figure

    table = Table(box=None, header_style="bold")
    for title in ("no.", "taught", "by", "horizon", "pairs", "left", "AUC later", "digest"):
        table.add_column(title, justify="right" if title in ("no.", "horizon", "pairs", "left") else "left")
    for one in run(_all()):
        learnt = one.learnt
        table.add_row(
            str(one.id), f"{one.taught_at:%Y-%m-%d %H:%M}", escape(one.taught_by), f"{learnt.horizon_days} d",
            f"{learnt.pairs:,}", f"{learnt.leavers:,}", figure(learnt.judged.auc), learnt.digest[:12],
        )  # fmt: skip
    out.print(table)


async def _all() -> "list[Taught]":
    from services.cli.wiring import open_database
    from services.health.store import churn
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as tx:
        return await churn.models(tx)


async def _one(number: int | None) -> "tuple[Taught, Rules]":
    from services.cli.wiring import open_database
    from services.health.store import churn
    from shared.settings import Settings

    settings = Settings()
    async with open_database(settings) as database, database.reading() as tx:
        found = next(iter(await churn.models(tx, 1)), None) if number is None else await churn.model(tx, number)
        rules = await rules_now(settings, tx)
    if found is None:
        raise NotFound("no such model was taught", "`steward predict list` has them; `steward predict train` adds one")
    return found, rules


# --- what is told -------------------------------------------------------------------------------------


def _show(taught: "Taught", rules: "Rules", *, as_json: bool) -> None:
    import msgspec

    from services.health.predict.weights import suggested

    models = {model.key: model for model in rules.in_force.values()}
    weights = {key: suggested(model, taught.learnt) for key, model in models.items()}
    if as_json:
        told = {"id": taught.id, "taught_at": taught.taught_at.isoformat(), **msgspec.to_builtins(taught.learnt)}
        told["suggested_weights"] = {key: [one._asdict() for one in some] for key, some in weights.items()}
        out.print(json.dumps(told), markup=False, highlight=False)
        return
    _tell(taught)
    _tell_coefficients(taught.learnt)
    for key, some in weights.items():
        _tell_weights(key, some)


def _tell(taught: "Taught") -> None:
    from services.health.backtest.page import figure

    learnt, judged = taught.learnt, taught.learnt.judged
    when, by = f"{taught.taught_at:%Y-%m-%d %H:%M} UTC", escape(taught.taught_by)
    out.print(f"[bold]Model {taught.id}[/], taught {when} by {by}, data {learnt.digest}")
    out.print(f"Who leaves within {learnt.horizon_days} days: {learnt.pairs:,} pairs, {learnt.leavers:,} accounts left")
    out.print(
        f"Taught the earlier part only, it had on the later one ({judged.pairs:,} pairs, {judged.leavers:,} accounts "
        f"left) an AUC of [bold]{figure(judged.auc, 3)}[/]; the score {figure(judged.score_auc, 3)}. "
        f"Mean squared error {judged.brier:.4f}; of always saying the share that left, {judged.brier_of_base:.4f}."
    )


def _tell_coefficients(learnt: "Learnt") -> None:
    from rich.table import Table

    table = Table(
        box=None, header_style="bold", title="What raises (+) and lowers (−) the chance", title_justify="left"
    )
    for title in ("column", "usual", "coefficient", "no value"):
        table.add_column(title, justify="left" if title == "column" else "right")
    gaps = iter(learnt.gap_coefficients)
    rows = [(s, c, next(gaps) if s.gaps else None) for s, c in zip(learnt.scales, learnt.coefficients, strict=True)]
    for scale, coefficient, gap in sorted(rows, key=lambda row: -abs(row[1])):
        told = "" if gap is None else f"{gap:+.3f}"
        table.add_row(escape(scale.column), f"{scale.usual:.4g}", f"{coefficient:+.3f}", told)
    out.print(table)


def _tell_weights(key: str, some: "list[Suggested]") -> None:
    from rich.table import Table

    table = Table(box=None, header_style="bold", title=f"Weights of {key}, percent of the score", title_justify="left")
    for title in ("measure", "now", "suggested", ""):
        table.add_column(title, justify="right" if title in ("now", "suggested") else "left")
    for one in some:
        words = "those that left had more points here" if one.contradicts else ""
        told = "–" if one.suggested is None else f"{one.suggested:.1f}"
        table.add_row(escape(one.label), f"{one.present:.1f}", told, words)
    out.print(table)
