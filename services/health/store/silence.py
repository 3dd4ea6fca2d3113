"""Who tells of what, and when they were last heard, as ingest keeps it."""

import datetime as dt

from services.health.silence import Teller
from shared.database import Reading


async def tellers(reading: Reading) -> list[Teller]:
    """Every source with every type of event that it has told of."""
    rows = await reading.fetch(
        "SELECT source, type, last_received_at, usual_gap_s FROM sources JOIN source_types USING (source)"
    )
    return [Teller(row[0], row[1], row[2], None if row[3] is None else dt.timedelta(seconds=row[3])) for row in rows]
