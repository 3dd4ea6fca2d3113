"""What ingest knows: events, accounts, facts, lists for reading, what could not be placed."""

from alembic import op

from migrations.statements import execute_all

revision = "0002"
down_revision = "0001"
OWNER = "ingest"  # the service that writes these tables

SQL = """
CREATE TABLE accounts (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    domain text,
    industry text,
    region text,
    country text,
    time_zone text,
    crm_owner text,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE accounts IS 'one row per account; the attributes are the present values of its facts';

CREATE TABLE identities (
    source text NOT NULL,
    external_id text NOT NULL,
    account_id bigint NOT NULL REFERENCES accounts,
    linked_at timestamptz NOT NULL,
    event_id bytea NOT NULL,
    PRIMARY KEY (source, external_id)
);
CREATE INDEX identities_by_account ON identities (account_id);

CREATE TABLE facts (
    account_id bigint PRIMARY KEY,
    version bigint NOT NULL,
    stamp bigint NOT NULL,
    facts bytea NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 70);
ALTER TABLE facts ALTER COLUMN facts SET STORAGE MAIN;
COMMENT ON COLUMN facts.stamp IS 'random, drawn with every version: a rolled-back version 6 is not another''s version 6';

CREATE TABLE presence (
    account_id bigint NOT NULL,
    person bigint NOT NULL,
    last_day int NOT NULL,
    mask bytea NOT NULL,
    PRIMARY KEY (account_id, person)
) WITH (fillfactor = 80);
COMMENT ON TABLE presence IS 'which days each person was active; mask as in shared/facts.py';

CREATE TABLE seen (
    id bytea NOT NULL,
    seen_on date NOT NULL,
    keep boolean NOT NULL,
    PRIMARY KEY (id)
) PARTITION BY HASH (id);
COMMENT ON TABLE seen IS 'ids of accepted and unmatched events, for the horizon and two days; `keep`: imported, for ever';
CREATE TABLE seen_0 PARTITION OF seen FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE seen_1 PARTITION OF seen FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE seen_2 PARTITION OF seen FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE seen_3 PARTITION OF seen FOR VALUES WITH (MODULUS 4, REMAINDER 3);

CREATE TABLE events (
    id bytea NOT NULL,
    source text NOT NULL,
    type text NOT NULL,
    account_id bigint NOT NULL,
    account_source text NOT NULL,
    account_key text NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    version bigint NOT NULL,
    payload bytea NOT NULL
) PARTITION BY RANGE (received_at);
COMMENT ON COLUMN events.version IS 'the facts version that this event was folded into';
COMMENT ON COLUMN events.payload IS 'the native payload as JSON';
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE INDEX events_by_account ON events (account_id, received_at);
CREATE INDEX events_telling ON events (account_id, version)
    WHERE type NOT IN ('usage.recorded', 'login.recorded');
CREATE INDEX events_by_id ON events (id) WHERE type NOT IN ('usage.recorded', 'login.recorded');

CREATE TABLE corrections (
    account_id bigint NOT NULL,
    version bigint NOT NULL,
    from_day int NOT NULL,
    PRIMARY KEY (account_id, version)
);
COMMENT ON TABLE corrections IS 'a version that changed the past from this day (since 1970) on';

CREATE TABLE people (
    account_id bigint NOT NULL REFERENCES accounts,
    person_id text NOT NULL,
    name text,
    email text,
    title text,
    role text,
    left_at timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, person_id)
);

CREATE TABLE subscriptions (
    account_id bigint NOT NULL REFERENCES accounts,
    subscription_id text NOT NULL,
    status text NOT NULL,
    plan text,
    mrr numeric(20, 6) NOT NULL,
    currency text NOT NULL,
    seats bigint,
    started_at timestamptz,
    renews_at timestamptz,
    ends_at timestamptz,
    cancels boolean NOT NULL,
    PRIMARY KEY (account_id, subscription_id)
);

CREATE TABLE invoices (
    account_id bigint NOT NULL REFERENCES accounts,
    invoice_id text NOT NULL,
    status text NOT NULL,
    amount numeric(20, 6) NOT NULL,
    currency text NOT NULL,
    issued_at timestamptz,
    due_at timestamptz,
    paid_at timestamptz,
    PRIMARY KEY (account_id, invoice_id)
);

CREATE TABLE tickets (
    account_id bigint NOT NULL REFERENCES accounts,
    ticket_id text NOT NULL,
    status text NOT NULL,
    priority text NOT NULL,
    sentiment text,
    escalated boolean NOT NULL,
    opened_at timestamptz NOT NULL,
    resolved_at timestamptz,
    satisfaction double precision,
    PRIMARY KEY (account_id, ticket_id)
);

CREATE TABLE rejected (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    topic text NOT NULL,
    partition int NOT NULL,
    "offset" bigint NOT NULL,
    reason text NOT NULL,
    words text NOT NULL,
    headers bytea NOT NULL,
    key bytea,
    value bytea NOT NULL,
    first_received_at timestamptz NOT NULL,
    rejected_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'parked' CHECK (status IN ('parked', 'held', 'replayed', 'discarded'))
);
CREATE INDEX rejected_parked ON rejected (id) WHERE status IN ('parked', 'held');
CREATE INDEX rejected_held ON rejected (source, id) WHERE status = 'held';
CREATE UNIQUE INDEX rejected_rows ON rejected (source, key, md5(value)) WHERE topic = 'import';

CREATE TABLE imported_rows (
    id bytea PRIMARY KEY,
    told text NOT NULL,
    exported_at timestamptz NOT NULL
);
COMMENT ON TABLE imported_rows IS 'what the newest export told of each mutable row, so that a row may change and change back';

CREATE TABLE unmatched (
    id bytea PRIMARY KEY,
    source text NOT NULL,
    type text NOT NULL,
    account_source text NOT NULL,
    account_key text NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    payload bytea NOT NULL
);
CREATE INDEX unmatched_by_key ON unmatched (account_source, account_key);

CREATE TABLE sources (
    source text PRIMARY KEY,
    last_event_at timestamptz,
    last_received_at timestamptz,
    accepted bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    rejects_in_a_row int NOT NULL DEFAULT 0,
    held_since timestamptz
);
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute(
        "DROP TABLE sources, unmatched, imported_rows, rejected, tickets, invoices, subscriptions, people, corrections,"
        " events, seen, presence, facts, identities, accounts"
    )
