"""What was learnt of who leaves, and every account's chance to."""

from alembic import op

from migrations.statements import execute_all

revision = "0021"
down_revision = "0020"
OWNER = "health"

SQL = """
CREATE TABLE churn_models (
    id int PRIMARY KEY,
    taught_at timestamptz NOT NULL,
    taught_by text NOT NULL,
    digest text NOT NULL,
    learnt jsonb NOT NULL
);
COMMENT ON TABLE churn_models IS 'models of who leaves, as numbers; the newest one predicts';
COMMENT ON COLUMN churn_models.digest IS 'of the pairs that it was taught with';

CREATE TABLE churn_chances (
    account_id bigint PRIMARY KEY,
    model_id int NOT NULL REFERENCES churn_models,
    day int NOT NULL,
    chance double precision NOT NULL,
    reasons jsonb NOT NULL
);
COMMENT ON COLUMN churn_chances.day IS 'the UTC day (since 1970) whose close it was read from';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE churn_chances, churn_models")
