"""For those who operate it: liveness, readiness, metrics, the OpenAPI document."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.api.access import PUBLIC, clock_of, database_of
from services.api.queries.standing import standing
from shared.clock import to_us
from shared.errors import NotReady

router = APIRouter(tags=["operations"], dependencies=[PUBLIC])


@router.get("/livez", summary="The process is alive")
async def livez() -> dict[str, str]:
    """Answers as long as the loop turns."""
    return {"status": "alive"}


@router.get("/readyz", summary="The process can do its work")
async def readyz(request: Request) -> dict[str, Any]:
    """503 with the reason while the database does not answer. Otherwise ready, with the partitions that wait or have
    stopped, by the kind of their error, and the days that health is still to close, if it is more than one."""
    try:
        async with asyncio.timeout(5), database_of(request).reading() as tx:
            found = await standing(tx, to_us(clock_of(request).now()))
    except Exception as error:
        raise NotReady(f"The database does not answer: {error!r}") from error
    known = [waits._replace(error=waits.error.partition("(")[0]) for waits in found.waiting]  # values are not for all
    return {"status": "ready", **found._replace(waiting=known).told}


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics() -> Response:
    """In Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> dict[str, Any]:
    """This API, described."""
    document: dict[str, Any] = request.app.openapi()
    return document
