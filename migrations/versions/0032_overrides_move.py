"""What a person has set can be why an account is served as another segment."""

from migrations.statements import execute_all

revision = "0032"
down_revision = "0031"
OWNER = "health"  # the service that writes these tables


def upgrade() -> None:
    execute_all(
        """
        ALTER TABLE transitions DROP CONSTRAINT transitions_cause_check;
        ALTER TABLE transitions ADD CONSTRAINT transitions_cause_check
              CHECK (cause IN ('events', 'time', 'configuration', 'override'))
        """
    )


def downgrade() -> None:
    execute_all(
        """
        UPDATE transitions SET cause = 'time' WHERE cause = 'override';
        ALTER TABLE transitions DROP CONSTRAINT transitions_cause_check;
        ALTER TABLE transitions ADD CONSTRAINT transitions_cause_check
              CHECK (cause IN ('events', 'time', 'configuration'))
        """
    )
