"""Which types of events each source tells: a source that falls silent makes stale what it told."""

from alembic import op

from migrations.statements import execute_all

revision = "0017"
down_revision = "0016"
OWNER = "ingest"  # the service that writes these tables

SQL = """
CREATE TABLE source_types (
    source text NOT NULL,
    type text NOT NULL,
    PRIMARY KEY (source, type)
);
COMMENT ON TABLE source_types IS 'the types of events that each source has told of';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE source_types")
