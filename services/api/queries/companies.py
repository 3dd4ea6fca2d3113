"""Questions about companies of several accounts: who names whom as the parent, and what the whole comes to."""

from services.api.queries.visible import listed_accounts, visible_accounts
from services.api.roles import Caller
from services.api.schemas.whole import Company, CompanyMember
from services.health.rollup import Member, roll_up
from shared.database import Reading

_MILLION = 1_000_000


def children_of(parent: str) -> str:
    """SQL: ids of the accounts that name `parent`, or one that was merged into it, as theirs, in a source that knows
    both."""
    return f"""
        SELECT c.id FROM accounts was JOIN identities named ON named.account_id = was.id
          JOIN accounts c ON c.parent_id = named.external_id AND c.merged_into IS NULL AND c.id <> {parent}
         WHERE (was.id = {parent} OR was.survivor = {parent})
           AND EXISTS (SELECT FROM identities own WHERE own.account_id = c.id AND own.source = named.source)
    """


def parent_of(account: str = "a") -> str:
    """SQL: the id of the account that `account` names as its parent; null for none."""
    return f"""
        (SELECT p.id FROM identities own
           JOIN identities named ON named.source = own.source AND named.external_id = {account}.parent_id
           JOIN accounts was ON was.id = named.account_id JOIN accounts p ON p.id = coalesce(was.survivor, was.id)
          WHERE own.account_id = {account}.id AND p.id <> {account}.id ORDER BY own.source LIMIT 1)
    """


async def company_of(tx: Reading, caller: Caller, account: int) -> Company:
    """The account with all below it, as far as the caller sees them. The caller has seen to `must_see`."""
    rows = await tx.fetch(
        f"""
        WITH RECURSIVE family(id) AS (
            SELECT $2::bigint
            UNION
            SELECT below.id FROM family f CROSS JOIN LATERAL ({children_of("f.id")}) below
        )
        SELECT a.id, a.name, o.owner, s.score, coalesce(s.band, 'unknown') AS band, s.arr
          FROM family f JOIN accounts a ON a.id = f.id JOIN account_owners o ON o.account_id = a.id
          LEFT JOIN scores s ON s.account_id = a.id
         WHERE {visible_accounts()} AND {listed_accounts()}
         ORDER BY a.id <> $2, s.arr DESC NULLS LAST, a.id
        """,
        caller.book,
        account,
    )
    whole = roll_up([Member(row["id"], row["score"], row["arr"]) for row in rows])
    members = [
        CompanyMember(
            **{name: row[name] for name in ("id", "name", "owner", "score", "band")},
            arr=None if row["arr"] is None else round(row["arr"] / _MILLION, 2),
            weight=part.weight / _MILLION,
            points=part.points / _MILLION,
            left_out=part.left_out,
        )
        for row, part in zip(rows, whole.parts, strict=True)
    ]
    return Company(score=whole.score, arr=round(whole.arr / _MILLION, 2), members=members)
