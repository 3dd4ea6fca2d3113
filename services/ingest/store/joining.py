"""Claims that say of two accounts, which arose apart, that they are one."""

from shared.database import Reading, Row


async def told_to_be_one(tx: Reading, most: int) -> list[Row]:
    """Claims on a key that an account came into being under, by an account that knows its own id by another system:
    the key (source, external_id), the claimant's own key (own_source, own_id), and when it was claimed first. Nothing
    speaks against them: nobody else claims the key, neither account is merged or was ever, and neither has another
    id in the system of the other."""
    return await tx.fetch(
        """
        SELECT c.source, c.external_id, own.source AS own_source, own.external_id AS own_id, c.first_at
          FROM identity_conflicts c
          JOIN identities i ON i.source = c.source AND i.external_id = c.external_id AND i.rule = 'own'
          JOIN accounts held ON held.id = i.account_id AND held.merged_into IS NULL
          JOIN accounts claimant ON claimant.id = c.claimed_by AND claimant.merged_into IS NULL
          JOIN identities own ON own.account_id = claimant.id AND own.rule = 'own'
         WHERE c.kind = 'claim' AND held.id <> claimant.id AND own.source <> c.source
           AND NOT EXISTS (SELECT FROM identity_conflicts o
                            WHERE (o.source, o.external_id) = (c.source, c.external_id)
                              AND o.claimed_by <> c.claimed_by)
           AND NOT EXISTS (SELECT FROM account_merges m
                            WHERE (m.source, m.external_id)
                                  IN ((c.source, c.external_id), (own.source, own.external_id)))
           AND NOT EXISTS (SELECT FROM identities o WHERE o.account_id = held.id AND o.source = own.source)
           AND NOT EXISTS (SELECT FROM identities o WHERE o.account_id = claimant.id AND o.source = c.source)
         ORDER BY c.first_at, c.source, c.external_id LIMIT $1
        """,
        most,
    )
