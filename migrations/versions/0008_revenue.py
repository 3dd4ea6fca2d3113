"""Revenue: every state that a subscription was in, and how each account's recurring revenue moved."""

from alembic import op

from migrations.statements import execute_all

revision = "0008"
down_revision = "0007"
OWNER = "ingest"  # the service that writes these tables

SQL = """
CREATE TABLE subscription_states (
    account_id bigint NOT NULL REFERENCES accounts,
    subscription_id text NOT NULL,
    event_id bytea NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (account_id, subscription_id, event_id)
);
COMMENT ON TABLE subscription_states IS 'all states, while facts keep the newest: the ledger is reckoned from them';
COMMENT ON COLUMN subscription_states.state IS 'shared.facts.Subscription as msgpack';

CREATE TABLE mrr_movements (
    account_id bigint NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL,
    subscription_id text NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation')),
    amount numeric(20, 6) NOT NULL CHECK (amount <> 0),
    event_id bytea NOT NULL,
    PRIMARY KEY (account_id, at, subscription_id, currency)
);
CREATE INDEX mrr_movements_by_time ON mrr_movements (at);
COMMENT ON TABLE mrr_movements IS
    'monthly recurring revenue: the sum of `amount` up to an instant is what was in force then; announced ones lie ahead';
COMMENT ON COLUMN mrr_movements.event_id IS 'the event that told of it, or announced it';

ALTER TABLE subscriptions
    ADD COLUMN trial_ends_at timestamptz,
    ADD COLUMN metered numeric(20, 6) NOT NULL DEFAULT 0,
    ADD COLUMN uncertain boolean NOT NULL DEFAULT false,
    ADD COLUMN stamp bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN subscriptions.mrr IS 'as its newest event says; what is in force at an instant is in mrr_movements';
COMMENT ON COLUMN subscriptions.uncertain IS 'some price or discount is not known';
ALTER TABLE invoices
    ADD COLUMN subscription_id text,
    ADD COLUMN stamp bytea NOT NULL DEFAULT '';
CREATE INDEX invoices_given_up ON invoices (account_id, subscription_id) WHERE status = 'uncollectible';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE invoices DROP COLUMN subscription_id, DROP COLUMN stamp")
    op.execute(
        "ALTER TABLE subscriptions DROP COLUMN trial_ends_at, DROP COLUMN metered, DROP COLUMN uncertain,"
        " DROP COLUMN stamp"
    )
    op.execute("DROP TABLE mrr_movements, subscription_states")
