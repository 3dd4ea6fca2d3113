"""Filters of ids have stamps, so that a process does not believe one of before its database was restored."""

from migrations.statements import execute_all

revision = "0031"
down_revision = "0030"
OWNER = "ingest"  # the service that writes these tables

SQL = """
ALTER TABLE seen_parts ADD COLUMN stamp bigint;
COMMENT ON COLUMN seen_parts.stamp IS 'random, drawn with the filter: a part that ended once more has another filter';
UPDATE seen_parts SET filter = NULL WHERE filter IS NOT NULL
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all("ALTER TABLE seen_parts DROP COLUMN stamp")
