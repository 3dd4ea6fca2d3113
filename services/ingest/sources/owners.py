"""Whose event it is, where a tool knows people and perhaps our customer's own id of their company. Pure.

Tools for surveys, analytics and calendars have no companies of their own. In order: the customer's own id, which the
tool was given as a property or group, means what it means in native events; a company's e-mail address stands for
its domain; anybody else waits under their own id or address until that person is linked to an account.
"""

import re
from collections.abc import Mapping
from typing import Any

from services.ingest.sources.drafts import Key, is_id, spelled
from shared.errors import Reason, Rejection

NATIVE, DOMAIN = "native", "domain"

ACCOUNT_NAMES = (
    "accountid", "externalaccountid", "companyid", "organizationid", "organisationid", "orgid", "customerid",
    "workspaceid", "tenantid", "teamid", "groupid",
)  # fmt: skip
"""Names under which a property holds the account's id, the surest first; case and what is no letter do not matter."""

GROUP_NAMES = (
    *ACCOUNT_NAMES,
    "account",
    "company",
    "organization",
    "organisation",
    "org",
    "workspace",
    "tenant",
    "team",
)
"""The same of groups, which hold ids by what they are, whatever they are called."""

PERSON_NAMES = ("personid", "userid", "externaluserid", "externalid")

FREE_MAIL = frozenset(
    {
        "aol.com", "fastmail.com", "free.fr", "gmail.com", "gmx.at", "gmx.ch", "gmx.de", "gmx.net", "googlemail.com",
        "hey.com", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.fr", "icloud.com", "laposte.net", "libero.it",
        "live.com", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "naver.com", "orange.fr", "outlook.com",
        "outlook.de", "outlook.fr", "pm.me", "proton.me", "protonmail.com", "qq.com", "t-online.de", "web.de",
        "yahoo.co.jp", "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.ru", "ymail.com", "163.com",
    }
)  # fmt: skip
"""Domains at which anybody may have an address: they stand for nobody's company."""

_ADDRESS = re.compile(r"[^@\s]{1,64}@([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)", re.ASCII)


def owner(source: str, account: Any, person: Any, email: Any) -> Key:
    """The key of the account. `account` is the customer's own id of it; `person` the source's id of somebody. Raises
    Rejection MISSING_ACCOUNT where none of the three is one."""
    own = spelled(account)
    if own is not None:
        return NATIVE, own
    written = address(email)
    company = company_of(written)
    if company is not None:
        return DOMAIN, company
    who = spelled(person) or written
    if who is None:
        raise Rejection(Reason.MISSING_ACCOUNT, f"{source} names neither an account nor a person")
    return f"{source}:person", who


def address(email: Any) -> str | None:
    """An e-mail address in small letters; None for what is none."""
    if not isinstance(email, str) or not is_id(email):
        return None
    written = email.strip().lower()
    return written if _ADDRESS.fullmatch(written) else None


def company_of(written: str | None) -> str | None:
    """The domain of an address as `address` gives it, unless anybody may have one there."""
    domain = written.rpartition("@")[2] if written else ""
    return domain if domain and domain not in FREE_MAIL else None


def named(properties: Any, names: tuple[str, ...]) -> Any:
    """The value of the property that has the first of these names, if any has."""
    if not isinstance(properties, Mapping):
        return None
    folded = {_folded(name): value for name, value in properties.items() if value not in (None, "")}
    return next((folded[name] for name in names if name in folded), None)


def group_of(groups: Any) -> Any:
    """The account's id out of groups by their type. Of several of one type none can be said to be meant."""
    found = named(groups, GROUP_NAMES)
    if found is None and isinstance(groups, Mapping) and len(groups) == 1:
        found = next(iter(groups.values()))
    if isinstance(found, list):
        return found[0] if len(found) == 1 else None
    return found


def _folded(name: Any) -> str:
    return "".join(letter for letter in str(name)[:100].lower() if letter.isalpha())
