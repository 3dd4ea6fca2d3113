"""Which versions of facts came of imported history. Ingest writes it; health only reads."""

from collections import defaultdict
from collections.abc import Sequence

from services.health.present import Span
from shared.database import Reading


async def within(reading: Reading, spans: Sequence[Span]) -> dict[int, list[Span]]:
    """The runs of imported versions within the spans, by account."""
    rows = await reading.fetch(
        """
        SELECT i.account_id, greatest(i.first - 1, span.after), least(i.last, span.upto)
          FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS span(account_id, after, upto)
          JOIN imported_versions i ON i.account_id = span.account_id AND i.last > span.after AND i.first <= span.upto
        """,
        [span.account for span in spans],
        [span.after for span in spans],
        [span.upto for span in spans],
    )
    found: dict[int, list[Span]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(Span(*row))
    return found
