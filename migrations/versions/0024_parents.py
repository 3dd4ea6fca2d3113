"""Which companies name another as their parent."""

from alembic import op

revision = "0024"
down_revision = "0023"
OWNER = "ingest"  # the service that writes this table


def upgrade() -> None:
    op.execute("CREATE INDEX accounts_by_parent ON accounts (parent_id) WHERE parent_id IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX accounts_by_parent")
