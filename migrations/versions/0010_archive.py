"""What was archived, day by day; and how long each source is usually silent."""

from migrations.statements import execute_all

revision = "0010"
down_revision = "0009"
OWNER = "ingest"  # the service that writes these tables

SQL = """
CREATE TABLE archive_files (
    day date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('telling', 'activity')),
    part int NOT NULL,
    path text NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    digest text NOT NULL,
    schema_version int NOT NULL,
    first_received_at timestamptz NOT NULL,
    last_received_at timestamptz NOT NULL,
    archived_at timestamptz NOT NULL,
    left_at timestamptz,
    PRIMARY KEY (day, kind, part)
);
COMMENT ON TABLE archive_files IS 'the archive''s files by UTC day of arrival; each was read back before it was listed';
COMMENT ON COLUMN archive_files.left_at IS 'when its events left this database; null while they are here too';

CREATE TABLE archive_partitions (
    name text PRIMARY KEY,
    inserts bigint NOT NULL,
    counted_to date NOT NULL
);
COMMENT ON TABLE archive_partitions IS 'at how many inserts a partition of events was last compared with the archive';

ALTER TABLE sources ADD COLUMN longest_gaps int[] NOT NULL DEFAULT '{}',
                    ADD COLUMN gaps_on date,
                    ADD COLUMN usual_gap_s int;
COMMENT ON COLUMN sources.longest_gaps IS 'the longest silence, seconds, that ended on each of the last days with news';
COMMENT ON COLUMN sources.gaps_on IS 'the day of the last of them';
COMMENT ON COLUMN sources.usual_gap_s IS 'a silence that is usual, seconds; null until enough is known';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all(
        """
        ALTER TABLE sources DROP COLUMN longest_gaps, DROP COLUMN gaps_on, DROP COLUMN usual_gap_s;
        DROP TABLE archive_partitions, archive_files;
        """
    )
