"""…"""

from alembic import op

from migrations.statements import execute_all

revision = "0010"
down_revision = "0009"

SQL = ""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("SELECT 1")
