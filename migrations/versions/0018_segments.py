"""Where an account stands beside its score: size, tier, stage and how it is served; its owner; and what moved."""

from migrations.statements import execute_all

revision = "0018"
down_revision = "0017"
OWNER = "health"  # the service that writes these tables

SQL = """
ALTER TABLE scores ADD COLUMN arr bigint, ADD COLUMN size text, ADD COLUMN served_as text, ADD COLUMN tier text,
                   ADD COLUMN stage text, ADD COLUMN stage_since timestamptz, ADD COLUMN stage_due timestamptz,
                   ADD COLUMN marks int NOT NULL DEFAULT 0, ADD COLUMN traits int NOT NULL DEFAULT 0,
                   ADD COLUMN placed_by int, ADD COLUMN unshared boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN scores.arr IS 'annual recurring revenue, millionths of the main currency; null when unknown';
COMMENT ON COLUMN scores.served_as IS 'the segment whose coverage and playbooks count; above `segment` while upgraded';
COMMENT ON COLUMN scores.tier IS 'by rank in the base, as of the last day''s ranking; null until the first';
COMMENT ON COLUMN scores.stage_due IS 'when time alone can move the stage; null for never';
COMMENT ON COLUMN scores.marks IS 'digest of the moments of truth that were marked';
COMMENT ON COLUMN scores.traits IS 'digest of what pools ask of the account';
COMMENT ON COLUMN scores.placed_by IS 'digest of the files that placed it';
COMMENT ON COLUMN scores.unshared IS 'pools have not looked at it since something of it changed that they ask for';
CREATE INDEX scores_unshared ON scores (account_id) WHERE unshared;
CREATE INDEX scores_untiered ON scores (account_id) WHERE tier IS NULL;
CREATE INDEX scores_by_arr ON scores (arr DESC NULLS LAST, account_id);

CREATE TABLE transitions (
    id uuid PRIMARY KEY,
    account_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('segment', 'served_as', 'tier', 'size', 'stage')),
    scheme text NOT NULL,
    from_name text NOT NULL,
    to_name text NOT NULL,
    cause text NOT NULL CHECK (cause IN ('events', 'time', 'configuration')),
    words text NOT NULL,
    events jsonb NOT NULL,
    entered_at timestamptz NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE transitions IS 'moves between segments and stages; not those of a first or imported assessment';
COMMENT ON COLUMN transitions.entered_at IS 'from when on it holds, as far as the facts tell; `at` is when that was noticed';
CREATE INDEX transitions_by_account ON transitions (account_id, at);

CREATE TABLE moments (
    account_id bigint NOT NULL,
    moment text NOT NULL,
    thing text NOT NULL,
    at timestamptz NOT NULL,
    event_id bytea,
    PRIMARY KEY (account_id, moment, thing)
);
COMMENT ON TABLE moments IS 'moments of truth; `thing` is the ticket or deal where there may be several';

CREATE TABLE tier_days (
    day int NOT NULL,
    scheme text NOT NULL,
    accounts int NOT NULL,
    ranked_at timestamptz NOT NULL,
    PRIMARY KEY (day, scheme)
);
COMMENT ON TABLE tier_days IS 'UTC days (since 1970) on which the whole base was ranked, and when new accounts last were';

CREATE TABLE assignments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL,
    owner text NOT NULL,
    pool text,
    given_by text NOT NULL,
    words text NOT NULL,
    assigned_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_because text
);
COMMENT ON TABLE assignments IS 'owners that a person chose (pool is null), or that a pool gave; kept when they end';
CREATE UNIQUE INDEX assignments_open ON assignments (account_id) WHERE ended_at IS NULL;
CREATE INDEX assignments_by_account ON assignments (account_id, id);

CREATE VIEW account_owners AS
SELECT a.id AS account_id,
       CASE WHEN g.owner IS NOT NULL AND g.pool IS NULL THEN g.owner ELSE coalesce(a.crm_owner, g.owner) END AS owner,
       CASE WHEN g.owner IS NOT NULL AND g.pool IS NULL THEN 'person'
            WHEN a.crm_owner IS NOT NULL THEN 'crm'
            WHEN g.owner IS NOT NULL THEN 'pool' END AS owner_from,
       g.pool, g.words, g.assigned_at
  FROM accounts a LEFT JOIN assignments g ON g.account_id = a.id AND g.ended_at IS NULL;
COMMENT ON VIEW account_owners IS 'the one answer to whose an account is: a person''s choice, else the CRM''s, else a pool''s';
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all(
        """
        DROP VIEW account_owners;
        DROP TABLE assignments, tier_days, moments, transitions;
        DROP INDEX scores_by_arr, scores_untiered, scores_unshared;
        ALTER TABLE scores DROP COLUMN arr, DROP COLUMN size, DROP COLUMN served_as, DROP COLUMN tier,
                           DROP COLUMN stage, DROP COLUMN stage_since, DROP COLUMN stage_due, DROP COLUMN marks,
                           DROP COLUMN traits, DROP COLUMN placed_by, DROP COLUMN unshared;
        """
    )
