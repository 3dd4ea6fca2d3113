"""Whose event it is, where a tool knows people and perhaps our customer's own id of their company. Pure.

Tools for surveys, analytics and calendars have no companies of their own. The customer's own id, which the tool was
given as a property or group, means what it means in native events. Without it an event waits under somebody's address,
or id in the tool, for that person to be known, or for the domain of the address where domains are believed.
"""

import re
from collections.abc import Mapping
from typing import Any

from services.ingest.sources.drafts import Draft, Key, is_id, spelled
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

_FREE_MAIL = (
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com rocketmail.com icloud.com "
    "me.com mac.com aol.com proton.me protonmail.com pm.me tutanota.com tuta.io gmx.com gmx.de gmx.net gmx.at web.de "
    "t-online.de freenet.de mail.com mail.ru yandex.com yandex.ru zoho.com fastmail.com hey.com hushmail.com qq.com "
    "163.com 126.com sina.com naver.com daum.net rediffmail.com orange.fr wanadoo.fr free.fr laposte.net sfr.fr "
    "hotmail.co.uk hotmail.fr yahoo.co.uk yahoo.fr yahoo.de yahoo.co.jp yahoo.co.in live.co.uk outlook.de outlook.fr "
    "btinternet.com sky.com virginmedia.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net "
    "charter.net shaw.ca rogers.com bigpond.com libero.it virgilio.it tiscali.it alice.it seznam.cz wp.pl o2.pl "
    "interia.pl onet.pl uol.com.br bol.com.br terra.com.br bluewin.ch ziggo.nl kpnmail.nl telenet.be skynet.be "
    "mailinator.com guerrillamail.com 10minutemail.com yopmail.com"
)
FREE_MAIL = frozenset(_FREE_MAIL.split())
"""Domains under which anybody has an address: they stand for nobody's company."""

_ADDRESS = re.compile(r"[^@\s]{1,64}@([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)", re.ASCII)


def owner(source: str, account: Any, person: Any, email: Any, namespace: str = NATIVE) -> Key:
    """The key of the account. `account` is its id in the namespace, the customer's own where nothing else is settled;
    `person` the source's id of somebody, who waits under their address rather, because that may be known from
    elsewhere. Raises Rejection MISSING_ACCOUNT where none of the three is one."""
    own = spelled(account)
    if own is not None:
        return namespace, own
    who = address(email) or spelled(person)
    if who is None:
        raise Rejection(Reason.MISSING_ACCOUNT, f"{source} names neither an account nor a person")
    return f"{source}:person", who


def account_drafts(key: Key, at: int, *, creates: bool) -> list[Draft]:
    """The account that a survey tool names, where it may create accounts; else it waits until it is known."""
    return [Draft("account.updated", key, at, 0, {})] if creates and not key[0].endswith(":person") else []


def company(source: str, email: str) -> Key:
    """The key of the company at whose domain an address is, or of the person where anybody may have one there. `email`
    is as `address` gives it."""
    domain = email.rpartition("@")[2]
    return (f"{source}:person", email) if domain in FREE_MAIL else (DOMAIN, domain)


def address(email: Any) -> str | None:
    """An e-mail address in small letters; None for what is none."""
    if not isinstance(email, str) or not is_id(email):
        return None
    written = email.strip().lower()
    return written if _ADDRESS.fullmatch(written) else None


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
