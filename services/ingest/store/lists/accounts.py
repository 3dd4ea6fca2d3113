"""Attributes of accounts, as their facts say, and their capacity."""

import datetime as dt

from services.ingest.store.lists.pieces import Pieces, Said, hear, write
from services.ingest.store.lists.telling import Telling, stamp_of
from shared.clock import from_us
from shared.database import Writing
from shared.facts import Facts

KINDS = ("account.updated", "account.deleted", "account.refresh_needed", "account.refreshed", "capacity.reported")
TABLES = ("capacity",)

_TEXTS = ("name", "domain", "industry", "region", "country", "time_zone", "owner", "website", "parent_id", "plan",
          "stage")  # fmt: skip
_CAPACITY = Pieces(
    "capacity", "",
    (("licensed_seats", "bigint"), ("used_seats", "bigint"), ("storage_gb", "double precision"),
     ("storage_limit_gb", "double precision"), ("api_requests", "bigint"), ("api_limit", "bigint")),
)  # fmt: skip


async def save(tx: Writing, telling: Telling) -> None:
    """Brings accounts and capacity up to what was told."""
    told = telling.of("account.updated", "account.deleted", "account.refresh_needed", "account.refreshed")
    if told:
        await _save_attributes(tx, {account: telling.facts[account] for account, _ in told})
    said = [
        Said(account, "", stamp_of(event), {name: value for name, value in event.body if value is not None})
        for account, event in telling.of("capacity.reported")
    ]
    await write(tx, _CAPACITY, await hear(tx, _CAPACITY, said))


async def _save_attributes(tx: Writing, known: dict[int, Facts]) -> None:
    rows = [
        (account, *(facts.field(name) for name in _TEXTS), facts.field("strategic"), *_marks(facts))
        for account, facts in sorted(known.items())
    ]
    await tx.execute(
        """
        UPDATE accounts a
           SET name = coalesce(n.name, a.name), domain = n.domain, industry = n.industry, region = n.region,
               country = n.country, time_zone = n.time_zone, crm_owner = n.owner, website = n.website,
               parent_id = n.parent_id, plan = n.plan, stage = n.stage, strategic = n.strategic,
               deleted_at = n.deleted_at, refresh_since = n.refresh_since
          FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                      $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::boolean[],
                      $14::timestamptz[], $15::timestamptz[])
               AS n(id, name, domain, industry, region, country, time_zone, owner, website, parent_id, plan, stage,
                    strategic, deleted_at, refresh_since)
         WHERE a.id = n.id
        """,
        *map(list, zip(*rows, strict=True)),
    )


def _marks(facts: Facts) -> tuple[dt.datetime | None, dt.datetime | None]:
    """(since when it is deleted, since when it needs a refresh)."""
    deleted = from_us(facts.record.deletion.at) if facts.record.deletion and facts.is_deleted() else None
    return deleted, from_us(facts.record.refresh.at) if facts.record.refresh and facts.needs_refresh() else None
