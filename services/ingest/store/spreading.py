"""What a source says of all its accounts at once: it waits under `<namespace>:all` until it is told of each."""

from shared.database import Reading, Row, Writing

_WAITING = "type = 'account.refresh_needed' AND right(account_source, 4) = ':all'"


async def is_any(tx: Reading) -> bool:
    """Whether something waits that concerns all accounts of a namespace, and there are such accounts."""
    return bool(
        await tx.value(
            f"SELECT EXISTS (SELECT FROM unmatched u WHERE {_WAITING} AND EXISTS ("
            " SELECT FROM identities i WHERE i.source = left(u.account_source, -4)))"
        )
    )


async def take(tx: Writing) -> list[Row]:
    """Takes what waits for all accounts of a namespace, with the ids of these accounts in it."""
    return await tx.fetch(
        f"""
        DELETE FROM unmatched u WHERE {_WAITING}
           AND EXISTS (SELECT FROM identities i WHERE i.source = left(u.account_source, -4))
        RETURNING id, source, left(account_source, -4) AS namespace, occurred_at, received_at, sequence, payload,
                  (SELECT array_agg(i.external_id ORDER BY i.external_id) FROM identities i
                    WHERE i.source = left(u.account_source, -4)) AS accounts
        """
    )
