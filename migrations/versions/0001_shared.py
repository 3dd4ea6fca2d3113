"""Positions, outbox and the embedded log."""

from alembic import op

from migrations.statements import execute_all

revision = "0001"
down_revision = None
OWNER = "shared"  # the service that writes these tables

SQL = """
CREATE TABLE positions (
    "group" text NOT NULL,
    topic text NOT NULL,
    partition int NOT NULL,
    position bigint NOT NULL,
    epoch bigint NOT NULL,
    last_timestamp bigint,
    last_key bytea,
    claimed_at timestamptz NOT NULL DEFAULT now(),
    claimed_by text NOT NULL DEFAULT '',
    PRIMARY KEY ("group", topic, partition)
);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text NOT NULL,
    shard int NOT NULL,
    topic text NOT NULL,
    partition int,
    key bytea,
    headers bytea NOT NULL,
    value bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_by_shard ON outbox (owner, shard, id);
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE log_heads (
    topic text NOT NULL,
    partition int NOT NULL,
    start bigint NOT NULL DEFAULT 0,
    "end" bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
);

CREATE TABLE log_records (
    topic text NOT NULL,
    partition int NOT NULL,
    "offset" bigint NOT NULL,
    timestamp bigint NOT NULL,
    key bytea,
    headers bytea NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
);
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE log_records, log_heads, outbox, positions")
