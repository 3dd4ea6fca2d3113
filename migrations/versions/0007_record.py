"""The customer record for reading: deals, plans, returns, interactions, surveys, exits, advocacy, capacity."""

from migrations.statements import execute_all

revision = "0007"
down_revision = "0006"
OWNER = "ingest"  # the service that writes these tables

SQL = """
ALTER TABLE accounts
    ADD COLUMN website text,
    ADD COLUMN parent_id text,
    ADD COLUMN plan text,
    ADD COLUMN stage text,
    ADD COLUMN strategic boolean,
    ADD COLUMN deleted_at timestamptz,
    ADD COLUMN refresh_since timestamptz;
COMMENT ON COLUMN accounts.parent_id IS 'the parent company''s account id, in the source that told it';
COMMENT ON COLUMN accounts.deleted_at IS 'a source has deleted it, and nobody has told of it since';
COMMENT ON COLUMN accounts.refresh_since IS 'a source has lost changes of it, and nobody has named it since';

ALTER TABLE people
    ADD COLUMN first_name text,
    ADD COLUMN last_name text,
    ADD COLUMN department text,
    ADD COLUMN level text,
    ADD COLUMN relationship_strength smallint,
    ADD COLUMN engaged boolean,
    ADD COLUMN email_bounced boolean,
    ADD COLUMN left_reason text,
    ADD COLUMN called text GENERATED ALWAYS AS (
        coalesce(name, first_name || ' ' || last_name, first_name, last_name)) STORED,
    ADD COLUMN told bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN people.called IS 'what to call the person by: the whole name, else first and last';
COMMENT ON COLUMN people.told IS 'which column is from which event; see services/ingest/store/lists/pieces.py';

ALTER TABLE tickets
    ADD COLUMN subject text,
    ADD COLUMN first_response_at timestamptz,
    ADD COLUMN requester_id text,
    ADD COLUMN category text,
    ADD COLUMN reopened bigint NOT NULL DEFAULT 0,
    ADD COLUMN told bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN tickets.told IS 'as people.told';

CREATE TABLE opportunities (
    account_id bigint NOT NULL REFERENCES accounts,
    opportunity_id text NOT NULL,
    name text,
    kind text NOT NULL,
    stage text,
    status text NOT NULL,
    amount numeric(20, 6),
    currency text,
    closes_on date,
    probability double precision,
    told bytea NOT NULL,
    PRIMARY KEY (account_id, opportunity_id)
);
COMMENT ON COLUMN opportunities.told IS 'as people.told';

CREATE TABLE capacity (
    account_id bigint PRIMARY KEY REFERENCES accounts,
    licensed_seats bigint,
    used_seats bigint,
    storage_gb double precision,
    storage_limit_gb double precision,
    api_requests bigint,
    api_limit bigint,
    told bytea NOT NULL
);
COMMENT ON TABLE capacity IS 'what an account may use and uses, as last told';
COMMENT ON COLUMN capacity.told IS 'as people.told';

CREATE TABLE success_plans (
    account_id bigint NOT NULL REFERENCES accounts,
    plan_id text NOT NULL,
    name text,
    status text NOT NULL,
    objectives jsonb NOT NULL,
    milestones jsonb NOT NULL,
    risks jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    stamp bytea NOT NULL,
    PRIMARY KEY (account_id, plan_id)
);
COMMENT ON TABLE success_plans IS 'objectives, milestones and risks as docs/events.md has them';
COMMENT ON COLUMN success_plans.stamp IS 'time, sequence and id of the event that says so: the greatest wins';

CREATE TABLE roi_items (
    account_id bigint NOT NULL REFERENCES accounts,
    roi_id text NOT NULL,
    name text,
    promised numeric(20, 6),
    actual numeric(20, 6),
    currency text NOT NULL,
    confirmed boolean NOT NULL,
    updated_at timestamptz NOT NULL,
    stamp bytea NOT NULL,
    PRIMARY KEY (account_id, roi_id)
);
COMMENT ON COLUMN roi_items.stamp IS 'as success_plans.stamp';

CREATE TABLE handoffs (
    account_id bigint NOT NULL REFERENCES accounts,
    handoff_id text NOT NULL,
    sales_owner text,
    status text NOT NULL,
    goals text,
    commitments text,
    risks text,
    updated_at timestamptz NOT NULL,
    stamp bytea NOT NULL,
    PRIMARY KEY (account_id, handoff_id)
);
COMMENT ON COLUMN handoffs.stamp IS 'as success_plans.stamp';

CREATE TABLE exit_interviews (
    account_id bigint NOT NULL REFERENCES accounts,
    interview_id text NOT NULL,
    reason text NOT NULL,
    competitor text,
    comment text,
    would_return boolean,
    held_at timestamptz NOT NULL,
    stamp bytea NOT NULL,
    PRIMARY KEY (account_id, interview_id)
);
COMMENT ON COLUMN exit_interviews.stamp IS 'as success_plans.stamp';

CREATE TABLE advocacy (
    account_id bigint NOT NULL REFERENCES accounts,
    advocacy_id text NOT NULL,
    kind text NOT NULL,
    person_id text,
    at timestamptz NOT NULL,
    stamp bytea NOT NULL,
    PRIMARY KEY (account_id, advocacy_id)
);
COMMENT ON COLUMN advocacy.stamp IS 'as success_plans.stamp';

CREATE TABLE surveys (
    account_id bigint NOT NULL REFERENCES accounts,
    survey_id text NOT NULL,
    kind text NOT NULL,
    score double precision NOT NULL,
    scale_min double precision NOT NULL,
    scale_max double precision NOT NULL,
    comment text,
    person_id text,
    email text,
    answered_at timestamptz NOT NULL,
    stamp bytea NOT NULL,
    PRIMARY KEY (account_id, survey_id)
);
COMMENT ON COLUMN surveys.stamp IS 'as success_plans.stamp';

CREATE TABLE interactions (
    account_id bigint NOT NULL REFERENCES accounts,
    kind text NOT NULL CHECK (kind IN ('meeting', 'outreach', 'reply', 'note', 'feedback', 'mention')),
    interaction_id text NOT NULL,
    at timestamptz NOT NULL,
    what text,
    status text,
    subject text,
    words text,
    person_ids jsonb NOT NULL DEFAULT '[]',
    author text,
    ends_at timestamptz,
    stamp bytea NOT NULL,
    PRIMARY KEY (account_id, kind, interaction_id)
);
CREATE INDEX interactions_by_time ON interactions (account_id, at DESC);
COMMENT ON TABLE interactions IS 'what passed between the account and us';
COMMENT ON COLUMN interactions.what IS
    'kind of the meeting or feedback, channel of the outreach, the outreach that is answered, the competitor';
COMMENT ON COLUMN interactions.status IS 'of a meeting; of feedback its sentiment';
COMMENT ON COLUMN interactions.stamp IS 'as success_plans.stamp';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all(
        """
        DROP TABLE interactions, surveys, advocacy, exit_interviews, handoffs, roi_items, success_plans, capacity,
                   opportunities;
        ALTER TABLE tickets DROP COLUMN subject, DROP COLUMN first_response_at, DROP COLUMN requester_id,
            DROP COLUMN category, DROP COLUMN reopened, DROP COLUMN told;
        ALTER TABLE people DROP COLUMN called, DROP COLUMN first_name, DROP COLUMN last_name, DROP COLUMN department,
            DROP COLUMN level, DROP COLUMN relationship_strength, DROP COLUMN engaged, DROP COLUMN email_bounced,
            DROP COLUMN left_reason, DROP COLUMN told;
        ALTER TABLE accounts DROP COLUMN website, DROP COLUMN parent_id, DROP COLUMN plan, DROP COLUMN stage,
            DROP COLUMN strategic, DROP COLUMN deleted_at, DROP COLUMN refresh_since
        """
    )
