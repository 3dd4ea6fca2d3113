"""Runs several statements: the driver takes one at a time."""

from alembic import op


def execute_all(sql: str) -> None:
    """Executes each statement of `sql`; a semicolon at the end of a line ends one."""
    for statement in sql.split(";\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)  # as it stands: a colon in it is no parameter
