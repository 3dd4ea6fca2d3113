"""Why a partition does not go on, beside its position."""

from migrations.statements import execute_all

revision = "0012"
down_revision = "0011"

OWNER = "shared"

SQL = """
ALTER TABLE positions ADD COLUMN trouble text,
                      ADD COLUMN remedy text,
                      ADD COLUMN trouble_since timestamptz;
COMMENT ON COLUMN positions.trouble IS 'why the partition waits or has stopped; null while it goes on';
COMMENT ON COLUMN positions.remedy IS 'what to do about it';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all("ALTER TABLE positions DROP COLUMN trouble, DROP COLUMN remedy, DROP COLUMN trouble_since")
