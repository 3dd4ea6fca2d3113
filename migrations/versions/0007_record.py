"""…"""

from alembic import op

from migrations.statements import execute_all

revision = "0007"
down_revision = "0006"

SQL = ""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("SELECT 1")
