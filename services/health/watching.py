"""Watching an account: which signals hold, and which of them have just begun to. Pure.

A signal is noticed once for each *stay*: when it begins to hold, and again when it becomes more severe; it may be
noticed anew after it has not held for as many days as its file says. What holds is a matter of the facts, the score and
the instant alone, in whatever order they were told; only what was noticed depends on when we looked.

Most assessments can begin nothing: use of the product is judged once a day, when time has passed; all else when
anything else was told, and what reads the score when that has moved.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from services.health.detectors.finding import Finding
from services.health.holds import NOTHING, Holdings, Seen, graded, holdings
from services.health.overrides import computed_score
from services.health.present import Present
from services.health.rules import Judged, Rules
from services.health.signal_files import SignalFile
from services.health.signals import Signal, signal_of
from services.health.silence import Silence
from services.health.swings import UNKNOWN, Extremes, Range, may_swing, swing_of
from services.health.told import told_of
from services.health.watched import Signals, Stay, Watch
from shared.clock import DAY_US, to_us
from shared.facts import FORGOTTEN, Facts
from shared.fold.areas import ACTIVITY

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Watch)
_NOBODY = Watch(0, 0, UNKNOWN)
_NOTHING: Mapping[int, Extremes] = {}
_NONE: set[tuple[str, str]] = set()


class Look(NamedTuple):
    """A look that was not in vain. `files` are those to be looked at out of all `signals`; `asks`: the score may have
    swung, which the history has to tell. `held`: what holds of the files, but for swings."""

    one: Judged
    watch: Watch
    seen: Watch
    files: Sequence[SignalFile]
    signals: Signals
    asks: bool
    held: Holdings = NOTHING


class Noticed(NamedTuple):
    """The watch from now on, encoded, and the signals that begin."""

    watch: bytes
    signals: Sequence[Signal]


def look(signals: Signals, one: Judged, now: dt.datetime) -> Look | None:
    """What there is to look at; None where nothing can have begun or ended since the last look."""
    before, after, aged = one.subject.before, one.computed, one.subject.aged_only
    watch = _decoder.decode(before.watch) if before is not None and before.watch else _NOBODY
    same = aged or (watch.told and not one.subject.changed & ~ACTIVITY)
    told = watch.told if same else told_of(one.facts, one.subject.facts)
    wide = told != watch.told or watch.files != signals.digest or before is None or before.next_due <= now
    if not wide and before is not None and _stands(before, one):
        return None
    files = signals.files if wide else signals.of_score
    unread = one.subject.imported or (before is not None and not before.watch)
    known = Range.unread(after.model) if unread else watch.range.wider(after.model, after.score)
    seen = Watch(signals.digest if wide else watch.files, told, known, watch.stays)
    held = wide and any(stay.kind in signals.swinging for stay in watch.stays)
    return Look(one, watch, seen, files, signals, held or may_swing(signals.swings, known, after.score))


def _stands(before: Present, one: Judged) -> bool:
    """Whether what signals read of the score is as before: what counts, what is computed, and by which model."""
    stood = (before.score, computed_score(before.raw), before.model)
    return stood == (one.after.score, one.computed.score, one.after.model)


def glances(rules: Rules, judged: Sequence[Judged], now: dt.datetime) -> list[Look | Noticed | None]:
    """Of each what is noticed at once; the look, where the history has to be asked first; None where there is
    nothing."""
    found = [look(rules.signals, one, now) for one in judged]
    looks = iter(looked_at([one for one in found if one is not None], rules.silence, now))
    seen = [None if one is None else next(looks) for one in found]
    return [one if one is None or one.asks else notice(one, now) for one in seen]


def looked_at(looks: Sequence[Look], silence: Silence, now: dt.datetime) -> list[Look]:
    """The looks with what holds; those at the same files together."""
    held: list[Holdings] = [{} for _ in looks]
    for files in {id(one.files): one.files for one in looks}.values():
        places = [i for i, one in enumerate(looks) if one.files is files]
        some = [Seen(looks[i].one.facts, _score(looks[i].one)) for i in places]
        for i, holds in zip(places, holdings(files, some, silence, to_us(now)), strict=True):
            held[i] = holds
    return [one._replace(held=holds) for one, holds in zip(looks, held, strict=True)]


def notice(
    found: Look, now: dt.datetime, extremes: Mapping[int, Extremes] = _NOTHING, events: tuple[bytes, ...] = ()
) -> Noticed | None:
    """What a look comes to; None where everything stays as it was. `extremes` of the score by the length of their
    window in days, where it asks for them; `events` that moved the score."""
    now_us, signals = to_us(now), found.signals
    held = {**found.held, **_swung(found.files, found.one, extremes, events, now_us)} if extremes else found.held
    stays = {(stay.kind, stay.about): stay for stay in found.watch.stays if stay.kind in signals.by_name}
    standing: dict[str, set[tuple[str, str]]] = {}
    for key in stays:
        standing.setdefault(key[0], set()).add(key)
    looked_for = signals.by_name.keys() if found.files is signals.files else {file.name for file in found.files}
    begun = list[Signal]()
    for name in sorted(held.keys() | (standing.keys() & looked_for)):
        file, gone = signals.by_name[name], standing.get(name, _NONE)
        for about, rank, told in held.get(name, ()):
            key = (name, about)
            if gone:
                _take_over(stays, gone, key, found.one.facts)
                gone.discard(key)
            stay = stays.get(key)
            if stay is None or rank > stay.rank:
                stays[key] = Stay(name, about, rank)
                finding = told if isinstance(told, Finding) else file.told(told)
                if _is_news(found, file, finding):
                    begun.append(signal_of(file, finding, rank, found.one.subject.account, now_us))
            elif stay.out is not None:
                stays[key] = Stay(name, about, stay.rank)
        if gone:
            _let_go(stays, gone, file.rearm_days, now_us // DAY_US)
    seen = msgspec.structs.replace(found.seen, range=_known(found, extremes), stays=_ordered(stays.values()))
    return None if seen == found.watch and not begun else Noticed(_encoder.encode(seen), begun)


def standing(rules: Rules, one: Judged, now: dt.datetime, extremes: Mapping[int, Extremes]) -> Iterator[Signal]:
    """All that holds, as though it had just begun, whatever was noticed before."""
    at, files = to_us(now), rules.signals.files
    (held,) = holdings(files, [Seen(one.facts, _score(one))], rules.silence, at)
    holds = {**held, **_swung(files, one, extremes, (), at)}
    for file in files:
        for _, rank, told in holds.get(file.name, ()):
            finding = told if isinstance(told, Finding) else file.told(told)
            yield signal_of(file, finding, rank, one.subject.account, at)


def holding(watch: bytes) -> list[Stay]:
    """The stays that hold."""
    return [stay for stay in _decoder.decode(watch).stays if stay.out is None] if watch else []


def _score(one: Judged) -> float | None:
    return None if one.after.score is None else float(one.after.score)


def _swung(
    files: Iterable[SignalFile], one: Judged, extremes: Mapping[int, Extremes], events: tuple[bytes, ...], now: int
) -> Holdings:
    """The swings that hold."""
    swings = [(file, swing_of(file, extremes, one.computed.score, events, now)) for file in files if file.swing]
    return {file.name: held for file, swing in swings if (held := graded(file, list(swing)))}


def _is_news(found: Look, file: SignalFile, finding: Finding) -> bool:
    """Whether what begins to hold is told. History that was imported is no news, and neither is a first score but for
    requests, nor what a new model or segment makes of the score. Where the files have changed, only what has happened
    since we last looked is."""
    subject, rebase = found.one.subject, found.one.rebase
    if subject.imported:
        return False
    if file.is_request:
        return True
    if subject.before is None or (rebase and file.reads_score):
        return False
    return found.watch.files == found.seen.files or finding.at >= to_us(subject.before.assessed_at)


def _take_over(
    stays: dict[tuple[str, str], Stay], gone: set[tuple[str, str]], key: tuple[str, str], facts: Facts
) -> None:
    """Gives somebody who was forgotten since the last look the stay that they had by name: of somebody whom the facts
    do not know any more."""
    about = key[1]
    if about.startswith(FORGOTTEN) and key not in stays:
        named = min((one for one in gone if not _is_known(facts, one[1])), default=None)
        if named is not None:
            gone.discard(named)
            stays[key] = msgspec.structs.replace(stays.pop(named), about=about)


def _is_known(facts: Facts, person: str) -> bool:
    return person in facts.people or person in facts.departures or facts.departure(person) is not None


def _let_go(stays: dict[tuple[str, str], Stay], gone: Iterable[tuple[str, str]], rearm_days: int, today: int) -> None:
    """Marks stays that do not hold any more, and forgets those that have not for long enough."""
    for key in gone:
        stay = stays[key]
        out = today if stay.out is None else stay.out
        if today - out >= rearm_days:
            del stays[key]
        elif stay.out is None:
            stays[key] = Stay(stay.kind, stay.about, stay.rank, out)


def _known(found: Look, extremes: Mapping[int, Extremes]) -> Range:
    """The range of the score, which the longest window has told exactly."""
    if not extremes:
        return found.seen.range
    told = extremes[max(extremes)]
    return Range(found.seen.range.model, told.low, told.high)


def _ordered(stays: Iterable[Stay]) -> tuple[Stay, ...]:
    return tuple(sorted(stays, key=lambda stay: (stay.kind, stay.about)))
