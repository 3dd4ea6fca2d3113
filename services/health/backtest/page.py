"""A back-test's findings as one HTML file, with its plots inside and nothing to be loaded. Pure."""

from collections.abc import Iterable, Iterator
from importlib.resources import files

from jinja2 import Environment
from markupsafe import Markup

from services.health.backtest import plots
from services.health.backtest.figures import Point, Promise
from services.health.backtest.interval import Interval
from services.health.backtest.report import Judged, Report


def page(report: Report) -> str:
    """The whole file."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["figure"] = figure
    text = (files("services.health.backtest") / "page.html").read_text(encoding="utf-8")
    return environment.from_string(text).render(report=report, whole=report.whole, plots=list(_plots(report.whole)))


def figure(interval: Interval | None, digits: int = 2) -> str:
    """A figure with its interval."""
    if interval is None:
        return "–"
    return f"{interval.value:.{digits}f} ({interval.low:.{digits}f} to {interval.high:.{digits}f})"


def _plots(whole: Judged) -> Iterator[Markup]:
    found = "found of those that leave"
    yield Markup(plots.curve("ROC", whole.roc, "alarms among those that stay", found))  # noqa: S704  # drawn by us
    yield Markup(plots.curve("Lift: the lowest scores first", whole.gains, "looked at", found))  # noqa: S704
    yield Markup(plots.dots("Renewal probabilities (FC-1)", _dots(whole.renewals), "promised", "stayed"))  # noqa: S704
    yield Markup(plots.bars("Scores of those that left (red) and stayed", _bars(whole), "score", "share"))  # noqa: S704


def _dots(promises: Iterable[Promise]) -> Iterator[plots.Dot]:
    for one in promises:
        if one.stayed is not None:
            words = f"{one.words}: promised {one.promised:.0%}, stayed {one.stayed.value:.1%} of {one.pairs}"
            yield plots.Dot(Point(one.promised, one.stayed.value), one.stayed.low, one.stayed.high, words)


def _bars(whole: Judged) -> list[plots.Bar]:
    left, stayed = (max(sum(some), 1) for some in zip(*whole.spread, strict=True))
    return [plots.Bar(str(10 * i), gone / left, kept / stayed) for i, (gone, kept) in enumerate(whole.spread)]
