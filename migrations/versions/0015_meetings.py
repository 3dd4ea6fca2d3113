"""Meetings are told piece by piece, too; and who of those invited did not come."""

from migrations.statements import execute_all

revision = "0015"
down_revision = "0014"
OWNER = "ingest"

SQL = """
ALTER TABLE interactions
    ADD COLUMN absent_ids jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN told bytea;
COMMENT ON COLUMN interactions.absent_ids IS 'those of person_ids who did not come';
COMMENT ON COLUMN interactions.told IS 'of a meeting, which column is from which event; as tickets.told';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all("ALTER TABLE interactions DROP COLUMN absent_ids, DROP COLUMN told;")
