"""People who move between accounts, and decisions about a key for each account."""

from alembic import op

from migrations.statements import execute_all

revision = "0022"
down_revision = "0021"
OWNER = "ingest"

SQL = """
CREATE TABLE person_moves (
    source text NOT NULL,
    external_id text NOT NULL,
    account_source text NOT NULL,
    account_key text NOT NULL,
    gone boolean NOT NULL,
    teller text NOT NULL,
    occurred_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    event_id bytea NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (source, external_id, event_id)
);
COMMENT ON TABLE person_moves IS 'what was said of the account that a person works for, by the key of the person';

CREATE TABLE moved_events (
    id bytea PRIMARY KEY,
    source text NOT NULL,
    external_id text NOT NULL
);
COMMENT ON TABLE moved_events IS 'events that are kept because this person has moved; worked out, not received';
CREATE INDEX moved_events_by_person ON moved_events (source, external_id);

ALTER TABLE person_keys ADD COLUMN moved_on boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN person_keys.moved_on IS 'the person is at another account by now';

ALTER TABLE identity_decisions DROP CONSTRAINT identity_decisions_pkey;
ALTER TABLE identity_decisions ADD PRIMARY KEY (source, external_id, account_id, linked);
COMMENT ON TABLE identity_decisions IS
    'for each account the newest explicit link of a key, and when it was taken off that account last';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute(
        """
        DELETE FROM identity_decisions d USING identity_decisions n
         WHERE n.source = d.source AND n.external_id = d.external_id
           AND (n.occurred_at, n.sequence, n.event_id) > (d.occurred_at, d.sequence, d.event_id)
        """
    )
    op.execute("ALTER TABLE identity_decisions DROP CONSTRAINT identity_decisions_pkey")
    op.execute("ALTER TABLE identity_decisions ADD PRIMARY KEY (source, external_id)")
    op.execute("ALTER TABLE person_keys DROP COLUMN moved_on")
    op.execute("DROP TABLE moved_events, person_moves")
