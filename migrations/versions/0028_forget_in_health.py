"""What health has written of a person is forgotten with the person: in the transaction that writes the events over."""

from alembic import op

revision = "0028"
down_revision = "0027"
OWNER = "health"  # the service whose tables the function writes

WORDS = """
UPDATE signals SET words = 'The ' || replace(substr(words, length(about) + 3), ', has left', ' has left')
 WHERE about <> '' AND starts_with(words, about || ', ') AND words LIKE '%, has left'
"""

FUNCTION = """
CREATE FUNCTION forget_in_health(homes bigint[], ids text[], instead text[], names text) RETURNS void LANGUAGE sql AS $$
    UPDATE signals s SET about = n.called FROM unnest(ids, instead) AS n(id, called)
     WHERE s.account_id = ANY(homes) AND s.about = n.id;
    UPDATE signals SET words = regexp_replace(words, names, 'erased', 'gi')
     WHERE names <> '' AND account_id = ANY(homes) AND words ~* names;
$$
"""
"""Signals of the accounts name a person by what stands for each id, and no more by `names`, a pattern; empty for none."""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(WORDS)
    op.get_bind().exec_driver_sql(FUNCTION)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_in_health")
