"""What is in force, since when and by whom; and what every day's close records."""

from alembic import op

from migrations.statements import execute_all

revision = "0011"
down_revision = "0010"
OWNER = "health"  # the service that writes these tables

SQL = """
CREATE TABLE config_documents (
    digest bytea PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    content jsonb NOT NULL
);
COMMENT ON TABLE config_documents IS 'every configuration document that was ever in force';
CREATE INDEX config_documents_by_name ON config_documents (kind, name);

CREATE TABLE config_revisions (
    id int PRIMARY KEY,
    applied_at timestamptz NOT NULL,
    applied_by text NOT NULL,
    words text NOT NULL,
    documents bytea[] NOT NULL
);
COMMENT ON TABLE config_revisions IS 'the newest one is in force; a rollback is a new one with the documents of an old one';

CREATE TABLE measure_columns (
    id smallint PRIMARY KEY,
    measure text NOT NULL,
    params text NOT NULL,
    UNIQUE (measure, params)
);
COMMENT ON TABLE measure_columns IS 'what the values of a day''s close are, in order; only ever added to';
COMMENT ON COLUMN measure_columns.params IS 'canonical JSON of all params, valid_days among them';

UPDATE score_history SET measures = '{}' WHERE kind = 'close';
COMMENT ON COLUMN score_history.measures IS
    'raw values, null without data: of a move those of its model''s measures, of a close those of measure_columns';

CREATE TABLE shadow_scores (
    account_id bigint PRIMARY KEY,
    model text NOT NULL,
    score smallint,
    raw bigint,
    coverage int NOT NULL,
    band text NOT NULL,
    assessed_at timestamptz NOT NULL
);
COMMENT ON TABLE shadow_scores IS 'what the model in the shadow of the one in force says; nothing follows from it';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE shadow_scores, measure_columns, config_revisions, config_documents")
