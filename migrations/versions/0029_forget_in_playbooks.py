"""What playbooks have written of a person is forgotten with the person: in the transaction that writes the events over."""

from alembic import op

revision = "0029"
down_revision = "0028"
OWNER = "playbooks"  # the service whose tables the function writes

FUNCTION = """
CREATE FUNCTION forget_in_playbooks(homes bigint[], names text) RETURNS void LANGUAGE sql AS $$
    UPDATE runs SET words = regexp_replace(words, names, 'erased', 'gi'),
                    ended_because = regexp_replace(ended_because, names, 'erased', 'gi'),
                    progress = regexp_replace(progress::text, names, 'erased', 'gi')::jsonb
     WHERE names <> '' AND account_id = ANY(homes) AND concat_ws(' ', words, ended_because, progress) ~* names;
    UPDATE tasks SET title = regexp_replace(title, names, 'erased', 'gi'),
                     instructions = regexp_replace(instructions, names, 'erased', 'gi'),
                     outcome = regexp_replace(outcome, names, 'erased', 'gi')
     WHERE names <> '' AND account_id = ANY(homes) AND concat_ws(' ', title, instructions, outcome) ~* names;
    UPDATE deliveries SET words = regexp_replace(words, names, 'erased', 'gi'),
                          last_error = regexp_replace(last_error, names, 'erased', 'gi'),
                          payload = regexp_replace(payload::text, names, 'erased', 'gi')::jsonb
     WHERE names <> '' AND account_id = ANY(homes) AND concat_ws(' ', words, last_error, payload) ~* names;
    UPDATE decisions SET words = regexp_replace(words, names, 'erased', 'gi')
     WHERE names <> '' AND account_id = ANY(homes) AND words ~* names;
$$
"""
"""Runs, tasks, alerts and decisions of the accounts have nothing any more that `names` matches; empty for none."""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(FUNCTION)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_in_playbooks")
