"""What is in force in this house: its playbooks with their versions, and its settings."""

from collections.abc import Mapping
from typing import NamedTuple

from services.playbooks.definitions import Playbook
from shared.settings import Settings

ACCOUNT_OWNER = "CSM"
"""The role whose tasks belong to the owner of the account; owners of other roles are a setting."""


class House(NamedTuple):
    """Handed to everything that decides."""

    settings: Settings
    playbooks: tuple[Playbook, ...]
    versions: Mapping[str, int]

    def owner_of(self, role: str, account_owner: str | None) -> str | None:
        """Who owns a task of the role; None where nobody is named."""
        return account_owner if role == ACCOUNT_OWNER else self.settings.role_owners.get(role)

    def link_to(self, account_id: int) -> str | None:
        """The account's page as a browser reaches it; None where no public address is set."""
        if self.settings.public_url is None:
            return None
        return f"{self.settings.public_url.rstrip('/')}/accounts/{account_id}"
