"""Who sees which account, said once, and which accounts stand by themselves. Every question about accounts, or about
what hangs on them, holds the first; every list or count of accounts holds the last too."""


def visible_accounts(account: str = "a", book: str = "$1") -> str:
    """SQL: true for the accounts that a caller may see. `book` is where `Caller.book` is bound: null sees all, an
    e-mail address the accounts whose owner it is."""
    return f"({book}::text IS NULL OR lower({owner_of(account)}) = lower({book}::text))"


def owner_of(account: str = "a") -> str:
    """SQL: whose an account is, null for nobody's."""
    return f"(SELECT o.owner FROM account_owners o WHERE o.account_id = {account}.id)"


def standing_accounts(account: str = "a") -> str:
    """SQL: true for accounts that were not merged into another."""
    return f"{account}.merged_into IS NULL"


def listed_accounts(account: str = "a") -> str:
    """SQL: true for accounts that lists and counts have: those that stand by themselves and were not deleted."""
    return f"({standing_accounts(account)} AND {account}.deleted_at IS NULL)"


def accounts_that_are_now(account: str = "a") -> str:
    """SQL: an array of the ids of an account and of all that were merged into it."""
    merged = f"SELECT m.id FROM accounts m WHERE m.merged_into IS NOT NULL AND m.survivor = {account}.id"
    return f"({account}.id || ARRAY({merged}))"


def who_is_meant(signal: str = "g", person: str = "p") -> str:
    """SQL: a signal's words, after the name or else the id of the person that it is about. `person` is joined by
    `named_person`."""
    return f"coalesce(coalesce({person}.name, {person}.person_id) || ': ' || {signal}.words, {signal}.words)"


def named_person(signal: str = "g", person: str = "p") -> str:
    """SQL: the join to the person that a signal is about. Names live in `people` alone, so that whoever is forgotten
    is forgotten everywhere. Words about other things name what they are about themselves."""
    return (
        f"LEFT JOIN people {person} ON {person}.account_id = {signal}.account_id"
        f" AND {person}.person_id = {signal}.about AND strpos({signal}.words, {signal}.about) = 0"
    )


def live_subscription(subscription: str = "u", now: str = "now()") -> str:
    """SQL: true for subscriptions that are paid for, or are to be, at the instant."""
    return (
        f"({subscription}.status IN ('active', 'past_due', 'paused')"
        f" AND ({subscription}.ends_at IS NULL OR {subscription}.ends_at > {now}))"
    )
