"""What it means: scores with the facts they were assessed on, their history, episodes and crossings."""

from alembic import op

from migrations.statements import execute_all

revision = "0003"
down_revision = "0002"
OWNER = "health"  # the service that writes these tables

SQL = """
CREATE TABLE scores (
    account_id bigint PRIMARY KEY,
    model text NOT NULL,
    segment text NOT NULL,
    score smallint,
    raw bigint,
    coverage int NOT NULL,
    band text NOT NULL,
    assessment bytea NOT NULL,
    facts bytea NOT NULL,
    facts_version bigint NOT NULL,
    assessed_at timestamptz NOT NULL,
    effective_at timestamptz NOT NULL,
    next_due timestamptz NOT NULL,
    closed_through int NOT NULL,
    correct_from int,
    episode_id uuid,
    episode_band text,
    episode_opened_at timestamptz,
    pending_band text,
    pending_since timestamptz
) WITH (fillfactor = 70);
COMMENT ON COLUMN scores.raw IS 'millionths of a point, after the exception and before rounding; null when unknown';
COMMENT ON COLUMN scores.coverage IS 'millionths of the weight that had data';
COMMENT ON COLUMN scores.assessment IS 'msgpack: values, points and contributions of every measure, exception, rounding';
COMMENT ON COLUMN scores.effective_at IS 'since when the score and band are what they are';
COMMENT ON COLUMN scores.closed_through IS 'last UTC day (since 1970) whose close has been written';
COMMENT ON COLUMN scores.correct_from IS 'the past from this UTC day on has changed and is to be told anew';
CREATE INDEX scores_due ON scores (next_due);
CREATE INDEX scores_to_correct ON scores (account_id) WHERE correct_from IS NOT NULL;
CREATE INDEX scores_by_band ON scores (band, score);

CREATE TABLE score_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('move', 'close')),
    effective_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    model text NOT NULL,
    segment text NOT NULL,
    score smallint,
    raw bigint,
    coverage int NOT NULL,
    band text NOT NULL,
    measures float8[] NOT NULL,
    corrects boolean NOT NULL DEFAULT false
);
COMMENT ON COLUMN score_history.measures IS 'raw values in the order of the model''s measures; null without data';
CREATE INDEX score_history_by_account ON score_history (account_id, effective_at, recorded_at);

CREATE TABLE score_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL,
    at timestamptz NOT NULL,
    from_score smallint,
    to_score smallint,
    from_raw bigint,
    to_raw bigint,
    from_version bigint NOT NULL,
    to_version bigint NOT NULL,
    cause text NOT NULL,
    parts jsonb NOT NULL
);
COMMENT ON COLUMN score_changes.parts IS 'list of contracts.Cause: points add up to to_raw - from_raw, unknown being 0';
CREATE INDEX score_changes_by_account ON score_changes (account_id, id);

CREATE TABLE episodes (
    id uuid PRIMARY KEY,
    account_id bigint NOT NULL,
    model text NOT NULL,
    band text NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    suspended_at timestamptz,
    cause text NOT NULL
);
CREATE UNIQUE INDEX episodes_open ON episodes (account_id) WHERE closed_at IS NULL;

CREATE TABLE crossings (
    id uuid PRIMARY KEY,
    account_id bigint NOT NULL,
    episode_id uuid NOT NULL REFERENCES episodes,
    model text NOT NULL,
    from_band text,
    to_band text NOT NULL,
    direction text NOT NULL,
    score smallint,
    previous_score smallint,
    at timestamptz NOT NULL,
    causes jsonb NOT NULL
);
CREATE INDEX crossings_by_account ON crossings (account_id, at);

CREATE TABLE signals (
    id uuid PRIMARY KEY,
    account_id bigint NOT NULL,
    kind text NOT NULL,
    severity text NOT NULL,
    words text NOT NULL,
    evidence jsonb NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE peer_references (
    day int NOT NULL,
    segment text NOT NULL,
    measure text NOT NULL,
    accounts int NOT NULL,
    lower_quartile float8 NOT NULL,
    median float8 NOT NULL,
    upper_quartile float8 NOT NULL,
    PRIMARY KEY (day, segment, measure)
);
COMMENT ON TABLE peer_references IS 'taken at the close of `day` (since 1970), serving the day after';

CREATE TABLE grid_days (
    day int PRIMARY KEY,
    closed_at timestamptz NOT NULL
);
COMMENT ON TABLE grid_days IS 'UTC days whose closes and peer references have been written for all accounts';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute(
        "DROP TABLE grid_days, peer_references, signals, crossings, episodes, score_changes, score_history, scores"
    )
