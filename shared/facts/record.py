"""What most accounts have nothing of, kept apart so that it costs the others nothing."""

import msgspec

from shared.facts.days import Capacity, DayCounts, Gauge, Integration, Workflow
from shared.facts.plans import (
    Advocacy,
    ExitInterview,
    Handoff,
    Mark,
    Mention,
    Milestone,
    Opportunity,
    RoiItem,
    SuccessPlan,
)
from shared.facts.stamps import Said, Stamp


class Record(msgspec.Struct, array_like=True):
    """Part of the facts. Treat it as frozen, except in a fold."""

    stakeholders: dict[str, dict[str, Said]] = {}
    """`level`, `strength`, `engaged`, `bounced` → person → what was said last; under `told` the newest event of each
    person. MOST_ITEMS people each. See `Facts.stakeholder`."""
    opportunities: dict[str, Opportunity] = {}
    plans: dict[str, SuccessPlan] = {}
    roi: dict[str, RoiItem] = {}
    handoffs: dict[str, Handoff] = {}
    exit_interviews: dict[str, ExitInterview] = {}
    advocacy: dict[str, Advocacy] = {}
    mentions: dict[str, Mention] = {}
    """Of competitors."""
    lifecycle: dict[str, Milestone] = {}
    integrations: dict[str, Integration] = {}
    workflows: dict[str, Workflow] = {}
    days: dict[str, DayCounts] = {}
    """Counts by day: `sessions`, `session_seconds`, `workflows`, `workflows_completed`, `community.KIND`, `help.KIND`.
    See `Facts.count`."""
    capacity: Capacity | None = None
    data_quality: Gauge | None = None
    """0 bad to 100 good."""
    deletion: Mark | None = None
    """See `Facts.is_deleted`."""
    refresh: Mark | None = None
    """Changes were lost or, without words, made up for; see `Facts.needs_refresh`."""
    note: Mark | None = None
    """The newest note."""
    floors: dict[str, Stamp] = {}
    """Crowd (`tickets`, `opportunities`) → stamp of the newest thing of it that was forgotten; what is older does not
    count. See shared/fold/pieces.py."""
    restored: Mark | None = None
    """The newest `account.updated` without an attribute: all that a source says of an account that it restores."""

    def copy(self) -> "Record":
        """A copy that can be written to without touching this one: its containers are new, their values shared."""
        return Record(
            dict(self.stakeholders), dict(self.opportunities), dict(self.plans), dict(self.roi), dict(self.handoffs),
            dict(self.exit_interviews), dict(self.advocacy), dict(self.mentions), dict(self.lifecycle),
            dict(self.integrations), dict(self.workflows), dict(self.days), self.capacity, self.data_quality,
            self.deletion, self.refresh, self.note, dict(self.floors),
            self.restored,
        )  # fmt: skip
