"""Keys are shown once; what is kept of them opens nothing."""

from services.api.keys import read_key
from shared.database import Database
from tests.cli.conftest import Steward


async def kept(database: Database) -> list[tuple[str, str, str | None, bytes]]:
    async with database.reading() as tx:
        rows = await tx.fetch("SELECT id, role, owner, secret_sha256 FROM api_keys")
    return [tuple(row) for row in rows]  # type: ignore[misc]


def test_a_key_is_printed_alone_and_only_its_digest_is_kept(steward: Steward) -> None:
    key = read_key(steward("keys", "create", "segment", "--role", "ingest").stdout.strip())
    assert key is not None
    assert steward.meanwhile(kept) == [(key.id, "ingest", None, key.sha256)]


def test_the_list_shows_no_secret(steward: Steward) -> None:
    key = read_key(
        steward("keys", "create", "--name", "anna", "--role", "csm", "--owner", "anna@example.com").stdout.strip()
    )
    said = steward("keys", "list").stdout
    assert key is not None
    assert key.id in said
    assert "anna@example.com" in said
    assert key.secret not in said


def test_a_revoked_key_is_revoked_once(steward: Steward) -> None:
    key = read_key(steward("keys", "create").stdout.strip())
    assert key is not None
    assert steward("keys", "revoke", key.id).exit_code == 0
    said = steward("keys", "revoke", key.id)
    assert said.exit_code == 2
    assert "No key" in said.stderr


def test_a_whole_key_as_an_argument_is_refused_and_not_repeated(steward: Steward) -> None:
    key = steward("keys", "create").stdout.strip()
    said = steward("keys", "revoke", key)
    assert said.exit_code == 2
    assert key not in said.stderr


def test_a_csms_key_needs_a_book(steward: Steward) -> None:
    assert steward("keys", "create", "--role", "csm").exit_code == 2
    assert steward("keys", "create", "--role", "viewer", "--owner", "a@example.com").exit_code == 2


def test_a_sign_in_link_is_printed_for_whoever_may_sign_in(steward: Steward) -> None:
    said = steward("sign-in", "anna@example.com", "--role", "csm")
    assert "/sign-in?token=" in said.stdout
