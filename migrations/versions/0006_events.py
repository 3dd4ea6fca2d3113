"""Usage and logins: one row for an account and batch instead of one each. `events` is now the view of all events.

Nineteen events in twenty are activity. Nobody looks one up by its id; they are read by account, or all of them.
"""

from migrations.statements import execute_all

revision = "0006"
down_revision = "0005"
OWNER = "ingest"  # the service that writes these tables

SQL = """
ALTER TABLE events RENAME TO telling_events;
COMMENT ON TABLE telling_events IS 'one row an event; of usage and logins only what was stored before revision 0006';

CREATE TABLE activity (
    account_id bigint NOT NULL,
    version bigint NOT NULL,
    received_at timestamptz NOT NULL,
    source text NOT NULL,
    type text NOT NULL,
    account_source text NOT NULL,
    account_key text NOT NULL,
    ids bytea NOT NULL,
    occurred bytea NOT NULL,
    received bytea NOT NULL,
    sequences bytea,
    payloads bytea NOT NULL
) PARTITION BY RANGE (received_at);
COMMENT ON TABLE activity IS 'usage and logins: one row holds those of an account that were folded at once, side by side';
COMMENT ON COLUMN activity.received_at IS 'the newest arrival in the row';
COMMENT ON COLUMN activity.ids IS '16 bytes for each event';
COMMENT ON COLUMN activity.occurred IS '8 bytes for each event: microseconds since 1970, as in received';
COMMENT ON COLUMN activity.sequences IS '8 bytes for each event; null when all are 0';
COMMENT ON COLUMN activity.payloads IS 'a JSON array of the payloads';
CREATE TABLE activity_default PARTITION OF activity DEFAULT WITH (toast_tuple_target = 8160);
CREATE INDEX activity_by_account ON activity (account_id, received_at);

CREATE VIEW events AS
SELECT id, source, type, account_id, account_source, account_key, occurred_at, received_at, sequence, version, payload
  FROM telling_events
UNION ALL
SELECT substring(a.ids FROM (16 * e.n - 15)::int FOR 16), a.source, a.type, a.account_id, a.account_source, a.account_key,
       timestamptz 'epoch' + substring(a.occurred FROM (8 * e.n - 7)::int FOR 8)::bigint * interval '1 microsecond',
       timestamptz 'epoch' + substring(a.received FROM (8 * e.n - 7)::int FOR 8)::bigint * interval '1 microsecond',
       coalesce(substring(a.sequences FROM (8 * e.n - 7)::int FOR 8)::bigint, 0), a.version,
       convert_to(e.payload::text, 'UTF8')
  FROM activity a, json_array_elements(convert_from(a.payloads, 'UTF8')::json) WITH ORDINALITY AS e(payload, n);
COMMENT ON VIEW events IS 'every accepted event, for reading';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all(
        """
        CREATE TEMPORARY TABLE unpacked ON COMMIT DROP AS SELECT * FROM events WHERE type IN (SELECT type FROM activity);
        DELETE FROM telling_events WHERE type IN (SELECT type FROM activity);
        DROP VIEW events;
        INSERT INTO telling_events SELECT * FROM unpacked;
        DROP TABLE activity;
        ALTER TABLE telling_events RENAME TO events;
        """
    )
