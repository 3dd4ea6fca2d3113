"""What was heard last, of all accounts: an index for the list of events."""

from migrations.statements import execute_all

revision = "0019"
down_revision = "0018"
OWNER = "ingest"

SQL = "CREATE INDEX telling_events_by_arrival ON telling_events (received_at, id)"


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all("DROP INDEX telling_events_by_arrival")
