"""…"""

from alembic import op

from migrations.statements import execute_all

revision = "0008"
down_revision = "0007"

SQL = ""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("SELECT 1")
