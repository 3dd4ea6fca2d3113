"""Imported history that waits for its account stays history."""

from alembic import op

from migrations.statements import execute_all

revision = "0027"
down_revision = "0026"
OWNER = "ingest"

SQL = """
ALTER TABLE unmatched ADD COLUMN history boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN unmatched.history IS 'imported as history: no news once its account is known';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE unmatched DROP COLUMN history")
