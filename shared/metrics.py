"""Every metric of Steward, declared once: what it means, in which unit, and when to worry."""

from collections.abc import Sequence

from prometheus_client import REGISTRY, Counter, Gauge, Histogram

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


def counter(name: str, doc: str, labels: Sequence[str] = ()) -> Counter:
    """A number that only grows; Prometheus adds `_total`."""
    return Counter(name.removesuffix("_total"), doc, labels, registry=REGISTRY)


def gauge(name: str, doc: str, labels: Sequence[str] = ()) -> Gauge:
    """A number that goes up and down."""
    return Gauge(name, doc, labels, registry=REGISTRY)


def histogram(name: str, doc: str, labels: Sequence[str] = (), buckets: Sequence[float] = LATENCY_BUCKETS) -> Histogram:
    """A distribution, in seconds unless its name says otherwise."""
    return Histogram(name, doc, labels, buckets=buckets, registry=REGISTRY)


# --- the runner and the outbox ------------------------------------------------------------------------

BATCHES = counter(
    "steward_batches_total",
    "Batches by how they ended: done, fenced, failed. Failed that keeps growing: look.",
    ["group", "outcome"],
)
RECORDS = counter("steward_records_total", "Records whose batch was committed.", ["group", "topic"])
BATCH_SECONDS = histogram("steward_batch_seconds", "From fetched to committed, one batch, seconds.", ["group"])
LAG = gauge(
    "steward_lag_records",
    "Records not yet committed, at the last look. Growing for minutes: add processes.",
    ["group", "topic"],
)
STOPPED = gauge(
    "steward_partitions_stopped", "Partitions stopped on purpose; each needs `steward offsets`. Not 0: act.", ["group"]
)
WAITING = gauge(
    "steward_partitions_waiting",
    "Partitions that wait on a record which fails, at the last look. Not 0 for minutes: `steward doctor` says why.",
    ["group"],
)
UNREADABLE = counter(
    "steward_records_unreadable_total",
    "Records between our own services that were parked because they cannot be read. Not 0: `steward rejected list`.",
    ["group"],
)
OUTBOX_SENT = counter("steward_outbox_sent_total", "Outbox rows acknowledged by the broker.", ["owner"])
OUTBOX_FAILED = counter(
    "steward_outbox_failed_total", "Failed attempts to send outbox rows. Growing: the broker is away.", ["owner"]
)

# --- ingest -------------------------------------------------------------------------------------------

EVENTS = counter(
    "steward_events_total",
    "Events by what became of them: accepted, duplicate, unmatched, rejected, unused.",
    ["source", "outcome"],
)
SKEWED = counter(
    "steward_events_skewed_total", "Events more than a second ahead of their arrival. Growing: that clock is wrong.",
    ["source"],
)  # fmt: skip
REJECTED = counter(
    "steward_rejected_total", "Records parked, by reason. A jump: a source changed its shape.", ["source", "reason"]
)
HELD = gauge(
    "steward_source_held",
    "1 while a source's records are held. 1: read `steward rejected list`, mend, replay.",
    ["source"],
)
SOURCE_LAST = gauge(
    "steward_source_last_event_timestamp_seconds", "When the source was last heard, seconds since 1970.", ["source"]
)
SOURCE_QUIET = gauge(
    "steward_source_quiet",
    "1 while a source has been silent for longer than it usually is. 1: does it still send?",
    ["source"],
)
ARCHIVED = counter("steward_archived_events_total", "Events written to the archive and read back.")
ARCHIVE_FAILED = counter(
    "steward_archive_failed_total", "Hourly runs of the archive that broke off. Growing: see the log, nothing leaves."
)
UNMATCHED_APPLIED = counter("steward_unmatched_applied_total", "Events that waited for their account and were applied.")

# --- health -------------------------------------------------------------------------------------------

ASSESSMENTS = counter("steward_assessments_total", "Accounts assessed, by a wake-up or by time alone.")
ASSESS_SECONDS = histogram("steward_assess_seconds", "Scoring of one batch of accounts in memory, seconds.")
EVENT_TO_SCORE = histogram(
    "steward_event_to_score_seconds",
    "From the arrival of the oldest event of a wake-up to the committed score. p99 above 1 s: add processes.",
)
CROSSINGS = counter(
    "steward_crossings_total",
    "Episodes opened by a crossing. A jump: see what all of them share.",
    ["band", "direction"],
)
CORRECTED = counter("steward_history_corrected_total", "Rows of score history written anew because the past changed.")
DAYS_TO_CLOSE = gauge(
    "steward_days_to_close",
    "UTC days over and not yet closed. Above 1: health closes days that passed without it, and scores stand still.",
)
DAYS_CLOSED = counter("steward_days_closed_total", "UTC days closed for all accounts. Not growing daily: look.")

# --- playbooks ----------------------------------------------------------------------------------------

DECISIONS = counter(
    "steward_playbook_decisions_total",
    "Crossings and signals by verdict: started, joined, suppressed, no match. Much suppressed: are playbooks late?",
    ["playbook", "verdict"],
)
RUNS_ENDED = counter("steward_runs_ended_total", "Runs that ended, by how: completed, exited.", ["playbook", "state"])
TASKS_OPENED = counter("steward_tasks_opened_total", "Tasks opened for people.", ["playbook", "role"])
RUN_LATENESS = histogram(
    "steward_run_lateness_seconds",
    "How long after its instant a due run was looked at, seconds. Growing: add processes.",
)
DELIVERIES = counter(
    "steward_deliveries_total",
    "Attempts to deliver, by outcome: sent, again, failed, suppressed. Failed that grows: see the deliveries' errors.",
    ["channel", "outcome"],
)

# --- api ----------------------------------------------------------------------------------------------

HTTP_EVENTS = counter(
    "steward_http_events_total", "Events sent by HTTP: accepted, rejected. Rejected that grows: a client is wrong.",
    ["door", "outcome"],
)  # fmt: skip
HTTP_SECONDS = histogram("steward_http_request_seconds", "Time to an answer, by route, seconds.", ["route", "status"])
