"""Ids of events in parts, each begun when the one before it was over. What was there before becomes part 0."""

from alembic import op

from migrations.statements import execute_all

revision = "0030"
down_revision = "0029"
OWNER = "ingest"  # the service that writes these tables

SQL = """
ALTER TABLE seen_0 RENAME TO seen_0_0;
ALTER INDEX seen_0_pkey RENAME TO seen_0_0_pkey;
ALTER TABLE seen_1 RENAME TO seen_0_1;
ALTER INDEX seen_1_pkey RENAME TO seen_0_1_pkey;
ALTER TABLE seen_2 RENAME TO seen_0_2;
ALTER INDEX seen_2_pkey RENAME TO seen_0_2_pkey;
ALTER TABLE seen_3 RENAME TO seen_0_3;
ALTER INDEX seen_3_pkey RENAME TO seen_0_3_pkey;
ALTER TABLE seen RENAME TO seen_0;
ALTER INDEX seen_pkey RENAME TO seen_0_pkey;
ALTER TABLE seen_0 DROP COLUMN seen_on, ADD COLUMN part int NOT NULL DEFAULT 0;
CREATE TABLE seen (
    id bytea NOT NULL,
    part int NOT NULL,
    keep boolean NOT NULL
) PARTITION BY LIST (part);
COMMENT ON TABLE seen IS 'ids of accepted and unmatched events, for the horizon and two days; `keep`: imported, for ever';
CREATE TABLE seen_1 PARTITION OF seen (PRIMARY KEY (id)) FOR VALUES IN (1);
CREATE TABLE seen_parts (
    part int PRIMARY KEY,
    began_on date,
    ended_on date,
    filter bytea
);
COMMENT ON TABLE seen_parts IS 'the parts of `seen`; ids are added to the last one, the others never change';
COMMENT ON COLUMN seen_parts.filter IS 'which ids a part that is over may have, as services/ingest/filters.py makes it';
ALTER TABLE seen_parts ALTER COLUMN filter SET STORAGE EXTERNAL;
INSERT INTO seen_parts (part, began_on) VALUES (1, current_date);
"""

KEEP = """
ALTER TABLE seen ATTACH PARTITION seen_0 FOR VALUES IN (0);
INSERT INTO seen_parts (part, ended_on) VALUES (0, current_date);
"""


def upgrade() -> None:
    has_ids = op.get_bind().exec_driver_sql("SELECT EXISTS (SELECT FROM seen)").scalar()
    execute_all(SQL)
    execute_all(KEEP if has_ids else "DROP TABLE seen_0")


def downgrade() -> None:
    execute_all(
        """
        CREATE TEMPORARY TABLE known ON COMMIT DROP AS SELECT id, bool_or(keep) AS keep FROM seen GROUP BY id;
        DROP TABLE seen, seen_parts;
        CREATE TABLE seen (id bytea NOT NULL, seen_on date NOT NULL, keep boolean NOT NULL, PRIMARY KEY (id))
            PARTITION BY HASH (id);
        CREATE TABLE seen_0 PARTITION OF seen FOR VALUES WITH (MODULUS 4, REMAINDER 0);
        CREATE TABLE seen_1 PARTITION OF seen FOR VALUES WITH (MODULUS 4, REMAINDER 1);
        CREATE TABLE seen_2 PARTITION OF seen FOR VALUES WITH (MODULUS 4, REMAINDER 2);
        CREATE TABLE seen_3 PARTITION OF seen FOR VALUES WITH (MODULUS 4, REMAINDER 3);
        INSERT INTO seen SELECT id, current_date, keep FROM known;
        """
    )
