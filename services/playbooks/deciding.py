"""One batch of occasions, decided in order in memory, so that the second one joins the run of the first. Pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from services.playbooks.house import House
from services.playbooks.matching import Decision, Standing, Verdict, decide
from services.playbooks.nouns import Run, RunState
from services.playbooks.occasions import Occasion
from services.playbooks.rows import Moved
from services.playbooks.runs import advance, join, start
from services.playbooks.sight import seen_of, values_at
from services.playbooks.store.runs import DecisionRow
from shared.database import Row
from shared.fields import Value


@dataclass
class Bench:
    """What is known before the batch, and what comes of it: `decisions`, and the runs in `moved`."""

    house: House
    now: dt.datetime
    open_runs: dict[tuple[int, str], Run]
    readings: Mapping[int, Row]
    closed: set[str]
    had_run: set[tuple[str, int, str]]
    last_ended: Mapping[tuple[int, str], dt.datetime]
    decided: set[tuple[str, str]]
    decisions: list[DecisionRow] = field(default_factory=list)
    _moved: dict[tuple[int, str], Moved] = field(default_factory=dict)

    @property
    def moved(self) -> list[Moved]:
        """The runs that were started or joined, once each."""
        return list(self._moved.values())

    def decide(self, occasion: Occasion) -> None:
        """Decides about one occasion for every playbook that has not been decided about before."""
        new = [p for p in self.house.playbooks if (occasion.id, p.id) not in self.decided]
        for decision in decide(occasion, new, self._standing(occasion), self.now):
            self._note(occasion, self._act(occasion, decision))

    def _standing(self, occasion: Occasion) -> Standing:
        account = occasion.account_id
        reading = self.readings.get(account)
        return Standing(
            values=values_at(reading),
            episode_closed=occasion.key in self.closed,
            open_runs=frozenset(playbook for holder, playbook in self.open_runs if holder == account),
            last_ended={playbook: at for (holder, playbook), at in self.last_ended.items() if holder == account},
            gone=reading["gone"] if reading else None,
        )

    def _act(self, occasion: Occasion, decision: Decision) -> Decision:
        place = (occasion.account_id, decision.playbook)
        if decision.verdict is Verdict.JOINED:
            self._join(occasion, place)
        elif decision.verdict is Verdict.STARTED:
            if (decision.playbook, occasion.account_id, occasion.key) in self.had_run:
                return decision._replace(verdict=Verdict.SUPPRESSED, words=f"it has had its run; {decision.words}")
            self._start(occasion, decision, place)
        return decision

    def _start(self, occasion: Occasion, decision: Decision, place: tuple[int, str]) -> None:
        playbook = next(p for p in self.house.playbooks if p.id == decision.playbook)
        seen = seen_of(self.readings.get(occasion.account_id), occasion.account_id, self.house.settings.time_zone)
        seen = seen._replace(values={**_present(occasion), **{k: v for k, v in seen.values.items() if v is not None}})
        version = self.house.versions[playbook.id]
        run = start(playbook, occasion, version=version, why=decision.words, seen=seen, now=self.now)
        run, effects = advance(run, playbook, seen, self.now)
        self._moved[place] = Moved(run, playbook, seen, effects, started=True)
        self.had_run.add((playbook.id, occasion.account_id, occasion.key))
        if run.state is RunState.OPEN:
            self.open_runs[place] = run

    def _join(self, occasion: Occasion, place: tuple[int, str]) -> None:
        """The run learns of it now and looks at the account right afterwards."""
        run = replace(join(self.open_runs[place], occasion), next_due=self.now)
        self.open_runs[place] = run
        known = self._moved.get(place)
        playbook = next(p for p in self.house.playbooks if p.id == run.playbook)
        seen = seen_of(None, occasion.account_id)
        self._moved[place] = known._replace(run=run) if known else Moved(run, playbook, seen, [])

    def _note(self, occasion: Occasion, decision: Decision) -> None:
        self.decided.add((occasion.id, decision.playbook))
        self.decisions.append(
            DecisionRow(occasion.id, decision.playbook, occasion.account_id, decision.verdict, decision.words, self.now)
        )


def _present(occasion: Occasion) -> dict[str, Value | None]:
    """What the occasion says of the account itself, for one that health's tables do not show yet."""
    return {name: occasion.values.get(name) for name in ("score", "band", "episode_band")}
