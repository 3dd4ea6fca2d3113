"""Logs: one JSON object a line on standard error, or readable lines when a person is watching."""

import logging
import sys
from typing import Any

import structlog

log: Any = structlog.get_logger()
"""`log.info("what_happened", account=…)`: events are past tense, values are ids and numbers, never secrets."""


def start_logging(level: str = "info", *, as_json: bool | None = None) -> None:
    """Sets the logs up; JSON unless standard error is a terminal or `as_json` says otherwise."""
    number = logging.getLevelNamesMapping()[level.upper()]
    as_json = not sys.stderr.isatty() if as_json is None else as_json
    render: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=max(number, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s", force=True
    )
    logging.getLogger("aiokafka").setLevel(max(number, logging.ERROR))  # it warns of every rebalance and retry
