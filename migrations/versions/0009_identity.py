"""Who is who: what people decided, merges, people's ids, conflicts; and whom we have forgotten."""

from migrations.statements import execute_all

revision = "0009"
down_revision = "0008"
OWNER = "ingest"  # the service that writes these tables

SQL = """
ALTER TABLE accounts ADD COLUMN merged_into bigint REFERENCES accounts, ADD COLUMN survivor bigint REFERENCES accounts;
COMMENT ON COLUMN accounts.merged_into IS 'the account that this one was merged into; null: it stands by itself';
COMMENT ON COLUMN accounts.survivor IS 'where its events go now: the end of the chain of merges; null: to itself';
CREATE INDEX accounts_merged ON accounts (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX accounts_by_domain ON accounts (lower(domain)) WHERE domain IS NOT NULL;

ALTER TABLE identities ADD COLUMN rule text NOT NULL DEFAULT 'told';
COMMENT ON COLUMN identities.account_id IS 'the account that the key means by itself; a merge does not change it';
COMMENT ON COLUMN identities.rule IS 'by which rule: own, told, explicit, merge, person, email, domain';
UPDATE identities SET rule = 'own' WHERE source = 'native';

CREATE TABLE identity_decisions (
    source text NOT NULL,
    external_id text NOT NULL,
    account_id bigint NOT NULL REFERENCES accounts,
    linked boolean NOT NULL,
    occurred_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    event_id bytea NOT NULL,
    PRIMARY KEY (source, external_id)
);
COMMENT ON TABLE identity_decisions IS 'the newest explicit link of a key, or that it was taken off an account';

CREATE TABLE account_merges (
    source text NOT NULL,
    external_id text NOT NULL,
    into_id bigint NOT NULL REFERENCES accounts,
    merged boolean NOT NULL,
    occurred_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    event_id bytea NOT NULL,
    PRIMARY KEY (source, external_id)
);
COMMENT ON TABLE account_merges IS 'what was said last of merging the account of a key';

CREATE TABLE identity_conflicts (
    source text NOT NULL,
    external_id text NOT NULL,
    claimed_by bigint NOT NULL,
    linked_to bigint,
    kind text NOT NULL,
    event_id bytea NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    times bigint NOT NULL,
    PRIMARY KEY (source, external_id, claimed_by, kind)
);
COMMENT ON TABLE identity_conflicts IS 'claims that changed nothing, because a key meant another account';

CREATE TABLE identity_changes (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    event_id bytea NOT NULL
);
COMMENT ON TABLE identity_changes IS 'a row whenever known keys came to mean another account: what was remembered is stale';

CREATE TABLE person_keys (
    source text NOT NULL,
    external_id text NOT NULL,
    account_id bigint NOT NULL REFERENCES accounts,
    person_id text NOT NULL,
    PRIMARY KEY (source, external_id, account_id)
);
COMMENT ON TABLE person_keys IS 'ids (source <name>:person) and addresses in small letters (source email) of people';
CREATE INDEX person_keys_by_person ON person_keys (account_id, person_id);
INSERT INTO person_keys SELECT 'native:person', person_id, account_id, person_id FROM people;
INSERT INTO person_keys SELECT DISTINCT ON (lower(email), account_id) 'email', lower(email), account_id, person_id
  FROM people WHERE email LIKE '%@%' ORDER BY lower(email), account_id, person_id;
CREATE INDEX unmatched_people ON unmatched (lower(account_key)) WHERE account_source LIKE '%:person';

CREATE TABLE erased (
    digest bytea PRIMARY KEY,
    pseudonym text NOT NULL,
    erased_at timestamptz NOT NULL
);
COMMENT ON TABLE erased IS 'keyed digests of ids and addresses of people who were forgotten, and what stands for them';

CREATE TABLE erased_salt (
    alone boolean PRIMARY KEY DEFAULT true CHECK (alone),
    salt bytea NOT NULL
);
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    execute_all(
        """
        DROP INDEX unmatched_people, accounts_by_domain;
        DROP TABLE erased_salt, erased, person_keys, identity_changes, identity_conflicts, account_merges,
                   identity_decisions;
        ALTER TABLE identities DROP COLUMN rule;
        ALTER TABLE accounts DROP COLUMN merged_into, DROP COLUMN survivor
        """
    )
