"""For those who operate it: liveness, readiness, metrics, the OpenAPI document."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.api.access import PUBLIC, database_of
from shared.errors import NotReady

router = APIRouter(tags=["operations"], dependencies=[PUBLIC])


@router.get("/livez", summary="The process is alive")
async def livez() -> dict[str, str]:
    """Answers as long as the loop turns."""
    return {"status": "alive"}


@router.get("/readyz", summary="The process can do its work")
async def readyz(request: Request) -> dict[str, str]:
    """503 with the reason while the database does not answer."""
    try:
        async with asyncio.timeout(5), database_of(request).reading() as tx:
            await tx.value("SELECT 1")
    except Exception as error:
        raise NotReady(f"The database does not answer: {error!r}") from error
    return {"status": "ready"}


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics() -> Response:
    """In Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> dict[str, Any]:
    """This API, described."""
    document: dict[str, Any] = request.app.openapi()
    return document
