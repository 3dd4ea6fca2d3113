"""What to do: runs, tasks, deliveries, and what was decided against."""

from alembic import op

from migrations.statements import execute_all

revision = "0004"
down_revision = "0003"
OWNER = "playbooks"  # the service that writes these tables

SQL = """
CREATE TABLE definitions (
    playbook text NOT NULL,
    version int NOT NULL,
    digest bytea NOT NULL,
    definition jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (playbook, version),
    UNIQUE (playbook, digest)
);
COMMENT ON TABLE definitions IS 'every playbook that was ever in force, so that a run ends as it began';

CREATE TABLE runs (
    id uuid PRIMARY KEY,
    playbook text NOT NULL,
    playbook_version int NOT NULL,
    account_id bigint NOT NULL,
    occasion_kind text NOT NULL,
    occasion text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'completed', 'exited', 'cancelled')),
    words text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_because text,
    next_due timestamptz,
    looked_at timestamptz NOT NULL,
    facts_version bigint NOT NULL DEFAULT 0,
    score_as_of timestamptz,
    progress jsonb NOT NULL,
    UNIQUE (playbook, account_id, occasion)
);
COMMENT ON COLUMN runs.words IS 'why it started, in words';
COMMENT ON COLUMN runs.progress IS 'the run as shared with the pure state machine: step states, joined occasions';
COMMENT ON COLUMN runs.facts_version IS 'version of the account''s facts at the last look; later events wake the run';
COMMENT ON COLUMN runs.score_as_of IS 'since when the score seen at the last look stood; another one wakes the run';
CREATE UNIQUE INDEX runs_open ON runs (playbook, account_id) WHERE state = 'open';
CREATE INDEX runs_due ON runs (next_due) WHERE state = 'open';
CREATE INDEX runs_by_account ON runs (account_id, started_at);

CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    run_id uuid NOT NULL REFERENCES runs,
    account_id bigint NOT NULL,
    step text NOT NULL,
    position int NOT NULL,
    title text NOT NULL,
    instructions text NOT NULL DEFAULT '',
    channel text NOT NULL,
    role text NOT NULL,
    owner text,
    due_on date NOT NULL,
    opened_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'done', 'skipped', 'cancelled')),
    outcome text,
    closed_at timestamptz,
    closed_by text,
    UNIQUE (run_id, step)
);
CREATE INDEX tasks_by_account ON tasks (account_id, due_on);
CREATE INDEX tasks_open ON tasks (due_on, id) WHERE status = 'open';

CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    run_id uuid REFERENCES runs,
    account_id bigint NOT NULL,
    step text NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    payload jsonb NOT NULL,
    words text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'sent', 'failed', 'suppressed')),
    attempts int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    last_error text,
    created_at timestamptz NOT NULL,
    sent_at timestamptz
);
CREATE INDEX deliveries_pending ON deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX deliveries_by_account ON deliveries (account_id, created_at);

CREATE TABLE decisions (
    occasion_id text NOT NULL,
    playbook text NOT NULL,
    account_id bigint NOT NULL,
    verdict text NOT NULL,
    words text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (occasion_id, playbook)
);
COMMENT ON TABLE decisions IS 'what was decided about every crossing and signal: started, joined, suppressed, no match';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE decisions, deliveries, tasks, runs, definitions")
