"""How two contents of files differ, in words: a line for each thing that has a name, as a measure or a band. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.health.configuration import parts

_IN_THE_PLACE = frozenset({"name", "measure", "id"})
_LEFT_OUT = _IN_THE_PLACE | {"reason"}


def lines(place: str, before: Any, after: Any) -> Iterator[tuple[str, str]]:
    """(place, words) of what became of a place, None being nothing: `40 → 80`, or that it is new, or gone, with what it
    says. What is new or gone and made of named parts has a line for each of them."""
    if before is None:
        yield from _unfolded(place, "new", after)
    elif after is None:
        yield from _unfolded(place, "gone", before)
    else:
        yield place, f"{_said(before)} → {_said(after)}"


def _unfolded(place: str, became: str, whole: Any) -> Iterator[tuple[str, str]]:
    if _is_listed(whole):
        for name, part in (parts(whole) or {}).items():
            yield from _unfolded(f"{place}.{name}", became, part)
        return
    listed = {key: value for key, value in whole.items() if _is_listed(value)} if isinstance(whole, dict) else {}
    own = {key: value for key, value in whole.items() if key not in listed} if listed else whole
    yield place, ", ".join(filter(None, (became, _said(own))))
    for key, value in listed.items():
        yield from _unfolded(f"{place}.{key}", became, value)


def _is_listed(value: Any) -> bool:
    """Whether it is a list of parts of which each deserves a line. The points of a curve do not."""
    return isinstance(value, list) and parts(value) is not None and not _is_curve(value)


def _is_curve(value: list[Any]) -> bool:
    return all(isinstance(one, dict) and "points" in one for one in value)


def _said(value: Any) -> str:
    match value:
        case {"measure": measure, "op": order, "value": bound}:
            return f"{measure} {order} {_said(bound)}"
        case {"points": _}:
            return _point(value)
        case dict():
            return ", ".join(_entry(key, one) for key, one in value.items() if key not in _LEFT_OUT)
        case list():
            return "; ".join(map(_point, value)) if _is_curve(value) else ", ".join(map(_said, value))
        case _:
            return _plain(value)


def _entry(key: str, value: Any) -> str:
    told = _said(value)
    if isinstance(value, dict):
        told = f"({told})"
    elif isinstance(value, list) and not _is_curve(value):
        told = f"[{told}]"
    return f"{key.replace('_', ' ')} {told}"


def _point(point: Mapping[str, Any]) -> str:
    """The points of a curve from, above or at a value; of the lowest step, the points alone."""
    bounds = [f" {how} {_said(point[key])}" for key, how in (("at", "from"), ("above", "above")) if key in point]
    return _said(point["points"]) + "".join(bounds)


def _plain(value: bool | float | str) -> str:
    """A value on one line; a whole number without its fraction."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return " ".join(str(value).split())
