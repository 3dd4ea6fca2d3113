"""In which order events were placed; how many of a source's lay ahead of their arrival."""

from migrations.statements import execute_all

revision = "0013"
down_revision = "0012"

OWNER = "ingest"

SQL = """
CREATE SEQUENCE telling_places;
ALTER TABLE telling_events ADD COLUMN place bigint;
ALTER TABLE telling_events ALTER COLUMN place SET DEFAULT nextval('telling_places');
COMMENT ON COLUMN telling_events.place IS 'the order in which events were accepted; null: before this was kept';

ALTER TABLE sources ADD COLUMN skewed bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN sources.skewed IS 'accepted events that lay more than a second ahead of their arrival';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all(
        """
        ALTER TABLE sources DROP COLUMN skewed;
        ALTER TABLE telling_events DROP COLUMN place;
        DROP SEQUENCE telling_places;
        """
    )
