"""Which signals hold for an account, and what a signal says of itself."""

from migrations.statements import execute_all

revision = "0020"
down_revision = "0019"
OWNER = "health"  # the service that writes these tables

SQL = """
ALTER TABLE scores ADD COLUMN watch bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN scores.watch IS 'msgpack: which signals hold, and what was looked at for them';

ALTER TABLE signals ADD COLUMN label text NOT NULL DEFAULT 'Request to cancel',
                    ADD COLUMN side text NOT NULL DEFAULT 'risk' CHECK (side IN ('risk', 'expansion')),
                    ADD COLUMN about text NOT NULL DEFAULT '',
                    ADD COLUMN measures jsonb NOT NULL DEFAULT '{}',
                    ADD COLUMN window_days int;
COMMENT ON COLUMN signals.about IS 'what of its kind it is about: a person, a subscription; empty for the whole account';
COMMENT ON COLUMN signals.measures IS 'values behind it, by measure';
CREATE INDEX signals_by_account ON signals (account_id, at);
CREATE INDEX signals_by_time ON signals (at, id);
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all(
        """
        DROP INDEX signals_by_account, signals_by_time;
        ALTER TABLE signals DROP COLUMN label, DROP COLUMN side, DROP COLUMN about, DROP COLUMN measures,
                            DROP COLUMN window_days;
        ALTER TABLE scores DROP COLUMN watch;
        """
    )
