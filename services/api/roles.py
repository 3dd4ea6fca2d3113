"""Who may do what: roles, the scopes they hold, and who is asking. Pure."""

from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """What somebody is to Steward."""

    VIEWER = "viewer"
    CSM = "csm"
    MANAGER = "manager"
    ADMIN = "admin"
    INGEST = "ingest"


class Scope(StrEnum):
    """What a route asks of its caller. Every route declares one."""

    PUBLIC = "public"
    """Nothing: liveness, metrics, the style sheet, the way in."""
    SIGNED = "signed"
    """A signature over the body, checked by the route."""
    READ = "read"
    """Accounts, scores, tasks, runs, events, models: within the caller's book."""
    TASKS = "tasks"
    """Complete and skip tasks; write what one knows of an account, also what its score counts as."""
    EVENTS = "events"
    """Send events."""
    OPERATE = "operate"
    """See rejected records, whose bodies belong to no account yet."""
    TRY = "try"
    """Try a draft of a model over accounts and their history. Changes nothing."""
    DECIDE = "decide"
    """Decide which accounts are one, whose an id is and who owns an account; see what waits for that."""
    PRIVACY = "privacy"
    """See all that names a person, and forget them."""


GRANTS: dict[Role, frozenset[Scope]] = {
    Role.VIEWER: frozenset({Scope.READ}),
    Role.CSM: frozenset({Scope.READ, Scope.TASKS}),
    Role.MANAGER: frozenset({Scope.READ, Scope.TASKS, Scope.OPERATE, Scope.TRY, Scope.DECIDE}),
    Role.ADMIN: frozenset(
        {Scope.READ, Scope.TASKS, Scope.OPERATE, Scope.TRY, Scope.DECIDE, Scope.PRIVACY, Scope.EVENTS}
    ),
    Role.INGEST: frozenset({Scope.EVENTS}),
}


class Caller(NamedTuple):
    """Who is asking. `name` goes to the audit log and onto what they change."""

    name: str
    role: Role
    owner: str | None = None
    """The e-mail address whose book a csm sees."""
    csrf: str = ""
    """What the forms of this session must carry; empty for keys."""

    @property
    def book(self) -> str | None:
        """Whose accounts are visible: None is everybody's. A csm without an address sees none."""
        return (self.owner or "") if self.role is Role.CSM else None

    def may(self, scope: Scope) -> bool:
        """Whether the role holds the scope."""
        return scope in GRANTS[self.role]
