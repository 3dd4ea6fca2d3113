"""What an import of the past has left untold."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from shared.database import Reading


class Former(NamedTuple):
    """The band before the one that an account is in, and its last score there; None where it was never in another."""

    band: str | None
    score: int | None


async def untold(reading: Reading, accounts: Collection[int]) -> dict[int, Former]:
    """Of these accounts those whose open episode came without a crossing, each with the band that its closes show
    before it, by the model that scores it now (ERR-8)."""
    rows = await reading.fetch(
        """
        SELECT s.account_id, before.band, before.score
          FROM scores s
          LEFT JOIN LATERAL (
               SELECT h.band, h.score FROM (
                      SELECT DISTINCT ON (effective_at) effective_at, band, score, model FROM score_history
                       WHERE account_id = s.account_id AND kind = 'close'
                       ORDER BY effective_at DESC, recorded_at DESC, id DESC) h
                WHERE h.score IS NOT NULL AND h.model = s.model AND h.band <> s.episode_band
                ORDER BY h.effective_at DESC LIMIT 1) before ON true
         WHERE s.account_id = ANY($1::bigint[]) AND s.episode_id IS NOT NULL AND s.score IS NOT NULL
           AND NOT EXISTS (SELECT FROM crossings c WHERE c.account_id = s.account_id AND c.episode_id = s.episode_id)
        """,
        list(accounts),
    )
    return {row["account_id"]: Former(row["band"], row["score"]) for row in rows}


async def told_signals(reading: Reading, accounts: Sequence[int]) -> set[tuple[int, str, str, str]]:
    """(account, kind, about, severity) of every signal of theirs that was ever told."""
    rows = await reading.fetch(
        "SELECT DISTINCT account_id, kind, about, severity FROM signals WHERE account_id = ANY($1::bigint[])",
        list(accounts),
    )
    return {tuple(row) for row in rows}
