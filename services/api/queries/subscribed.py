"""Whether an account still pays for anything."""

from services.api.queries.visible import live_subscription
from services.api.schemas import Subscribed

SUBSCRIBED = f"""
    (SELECT json_build_object(
                'state', CASE WHEN NOT bool_or(live) THEN 'ended' WHEN bool_and(cancels OR NOT live) THEN 'ending'
                              ELSE 'live' END,
                'at', CASE WHEN NOT bool_or(live) THEN max(ends_at)
                           WHEN bool_and(cancels OR NOT live) THEN max(coalesce(ends_at, renews_at)) FILTER (WHERE live)
                      END)::text
       FROM (SELECT u.*, {live_subscription(now="$3")} AS live FROM subscriptions u WHERE u.account_id = a.id) u
     HAVING count(*) > 0)
"""
"""SQL: what the subscriptions of an account `a` come to at $3, as JSON; NULL where there never was one."""


def subscribed_of(stored: str | None) -> Subscribed | None:
    """What SUBSCRIBED gave."""
    return Subscribed.model_validate_json(stored) if stored else None
