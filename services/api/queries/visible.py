"""The one rule of who sees which account. Every question about accounts, or about what hangs on them, holds it."""


def visible_accounts(account: str = "a", book: str = "$1") -> str:
    """SQL: true for the accounts that a caller may see. `book` is where `Caller.book` is bound: null sees all, an
    e-mail address the accounts whose owner it is."""
    return f"({book}::text IS NULL OR lower({account}.crm_owner) = lower({book}::text))"
