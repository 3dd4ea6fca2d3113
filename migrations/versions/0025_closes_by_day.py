"""All closes of a day, whoever's: they lie side by side, so that an index of blocks finds them and costs next to nothing."""

from alembic import op

revision = "0025"
down_revision = "0024"
OWNER = "health"  # the service that writes this table


def upgrade() -> None:
    op.execute(
        "CREATE INDEX score_history_by_day ON score_history USING brin (effective_at)"
        " WITH (pages_per_range = 32, autosummarize = on)"
    )


def downgrade() -> None:
    op.execute("DROP INDEX score_history_by_day")
