"""What people set scores to, until when and why; and what of it was in effect when."""

from migrations.statements import execute_all

revision = "0023"
down_revision = "0022"
OWNER = "health"  # the service that writes these tables

SQL = """
CREATE TABLE overrides (
    id uuid PRIMARY KEY,
    account_id bigint NOT NULL,
    value smallint NOT NULL CHECK (value BETWEEN 0 AND 100),
    author text NOT NULL,
    reason text NOT NULL,
    set_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > set_at),
    ended_at timestamptz,
    ended_because text
);
COMMENT ON TABLE overrides IS 'what people set scores to; kept when they end';
CREATE UNIQUE INDEX overrides_open ON overrides (account_id) WHERE ended_at IS NULL;
CREATE INDEX overrides_by_account ON overrides (account_id, set_at);

ALTER TABLE scores ADD COLUMN override bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN scores.override IS 'msgpack: the override in force, by which score and band are; empty without one';
COMMENT ON COLUMN scores.raw IS
    'what is computed, in millionths of a point, after the exception and before rounding; null when unknown';

ALTER TABLE score_history ADD COLUMN override_id uuid;
COMMENT ON COLUMN score_history.override_id IS 'the override by which score and band are; raw is computed all the same';

COMMENT ON COLUMN score_changes.to_raw IS 'what counts, in millionths of a point: of an override while one is in force';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all(
        """
        ALTER TABLE score_history DROP COLUMN override_id;
        ALTER TABLE scores DROP COLUMN override;
        DROP TABLE overrides;
        """
    )
