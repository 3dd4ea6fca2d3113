"""Who may ask: keys, sign-in links, sessions, and the audit log."""

from alembic import op

from migrations.statements import execute_all

revision = "0005"
down_revision = "0004"
OWNER = "api"  # the service that writes these tables

SQL = """
CREATE TABLE api_keys (
    id text PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'csm', 'manager', 'admin', 'ingest')),
    owner text,
    secret_sha256 bytea NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    last_used_on date
);
COMMENT ON COLUMN api_keys.owner IS 'for role csm: the e-mail address whose book the key may see';

CREATE TABLE sign_in_links (
    token_sha256 bytea PRIMARY KEY,
    user_email text NOT NULL,
    role text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE sessions (
    token_sha256 bytea PRIMARY KEY,
    user_email text NOT NULL,
    role text NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);
"""


def upgrade() -> None:
    execute_all(SQL)


def downgrade() -> None:
    op.execute("DROP TABLE audit_log, sessions, sign_in_links, api_keys")
