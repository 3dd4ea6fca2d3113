"""The console: pages drawn on the server, on the same questions as the API. No script is needed to use it."""

from fastapi import APIRouter

from services.api.console import forms, gate, pages, whole
from services.api.console.drawing import problem_page, wants_page

router = APIRouter(include_in_schema=False)
for _part in (pages, whole, forms, gate):
    router.include_router(_part.router)

__all__ = ["problem_page", "router", "wants_page"]
