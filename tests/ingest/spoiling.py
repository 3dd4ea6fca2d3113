"""Bodies that nobody would send: a sound one in which anything stands where something was expected."""

import json
from typing import Any

from hypothesis import strategies as st

anything: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    st.sampled_from(["", "\x00", "\ud800", "x" * 301, "9" * 400, 10**400, -1, 1e308]),
    st.sampled_from(["2026-13-45", "mia@acme.example"]),
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, samples: list[dict[str, Any]]) -> bytes:
    """One of the samples as JSON, with up to three values in it replaced, taken out, or cut off in the middle."""
    body = json.loads(json.dumps(draw(st.sampled_from(samples))))
    for _ in range(draw(st.integers(1, 3))):
        _spoil(draw, body)
    written = json.dumps(body).encode()
    return written[: draw(st.integers(0, len(written)))] if draw(st.integers(0, 9)) == 0 else written


def _spoil(draw: st.DrawFn, inside: Any) -> None:
    keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
    if not keys:
        return
    key = draw(st.sampled_from(keys))
    if isinstance(inside[key], dict | list) and inside[key] and draw(st.booleans()):
        _spoil(draw, inside[key])
    elif isinstance(inside, dict) and draw(st.booleans()):
        del inside[key]
    else:
        inside[key] = draw(anything)
