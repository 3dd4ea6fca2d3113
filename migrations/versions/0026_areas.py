"""In which version each area of an account's facts last changed, so that nothing is assessed again that did not."""

from alembic import op

from migrations.statements import execute_all

revision = "0026"
down_revision = "0025"
OWNER = "ingest"

SQL = """
ALTER TABLE facts ADD COLUMN changed bytea NOT NULL DEFAULT '';
ALTER TABLE facts ALTER COLUMN changed SET STORAGE MAIN;
COMMENT ON COLUMN facts.changed IS 'for each area the version in which it last changed, as in shared/fold/areas.py; empty: unknown';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("ALTER TABLE facts DROP COLUMN changed")
