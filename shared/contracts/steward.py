"""Payloads of crm.events that tell who is who: links, merges, erasures. Steward writes them as source `steward` for
what people decide; a CRM that merges its companies tells the same."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from shared.contracts.words import Id, Line, Payload, without_nul

Namespace = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(without_nul)]
Reason = Annotated[Line, Field(description="why, for whoever reads the audit log")]


class IdentityLinked(Payload):
    """A source's id means this account, whatever else was said of it. Outranks every other way of placing."""

    source: Namespace = Field(description="whose id it is, e.g. `stripe`; `native` for subjects of native events")
    external_id: Id
    reason: Reason | None = None


class IdentityUnlinked(Payload):
    """A source's id does not mean this account, and `external_ids` may not say so again."""

    source: Namespace
    external_id: Id
    reason: Reason | None = None


class AccountMerged(Payload):
    """Another account is the same company as this one: from now on both are this one."""

    from_id: Id = Field(description="the other account's id, in `from_source`")
    from_source: Namespace | None = Field(None, description="namespace of `from_id`; absent: that of the subject")
    reason: Reason | None = None


class AccountUnmerged(Payload):
    """The other account is a company of its own after all: both are what they were if they had never met."""

    from_id: Id
    from_source: Namespace | None = None
    reason: Reason | None = None


class PersonLinked(Payload):
    """A person of this account goes by another id, or by an e-mail address, in some source."""

    person_id: Id
    source: Namespace | None = Field(None, description="whose `external_id`; absent: that of the subject")
    external_id: Id | None = None
    email: Line | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "PersonLinked":
        if not (self.external_id or self.email):
            raise ValueError("names neither external_id nor email")
        return self


class PersonMoved(Payload):
    """A human works for this account, and for no other of which the same source said so before: there they have left,
    here they are known by all that it told of them."""

    person_id: Id


class PersonErased(Payload):
    """A person has asked to be forgotten: what names them is removed and does not come back."""

    person_id: Id | None = None
    email: Line | None = None

    @model_validator(mode="after")
    def _names_somebody(self) -> "PersonErased":
        if not (self.person_id or self.email):
            raise ValueError("names neither person_id nor email")
        return self


PAYLOADS: dict[str, type[Payload]] = {
    "identity.linked": IdentityLinked,
    "identity.unlinked": IdentityUnlinked,
    "account.merged": AccountMerged,
    "account.unmerged": AccountUnmerged,
    "person.linked": PersonLinked,
    "person.moved": PersonMoved,
    "person.erased": PersonErased,
}
"""Every `ce_type`; they travel on crm.events."""
