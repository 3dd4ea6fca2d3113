"""Which versions of facts came of imported history, so that what is news beside it is known as such."""

from migrations.statements import execute_all

revision = "0014"
down_revision = "0013"
OWNER = "ingest"  # the service that writes these tables

SQL = """
CREATE TABLE imported_versions (
    account_id bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (account_id, first)
);
COMMENT ON TABLE imported_versions IS 'versions of facts that hold nothing newer than imported history; a row for each run of them';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all("DROP TABLE imported_versions;\n")
