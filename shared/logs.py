"""Logs: one JSON object a line on standard error, or readable lines when a person is watching.

structlog takes a third of a second to import, so that is put off until something is logged.
"""

import logging
import sys
from functools import cached_property
from typing import Any


class Log:
    """structlog's logger, made at the first word."""

    def __init__(self) -> None:
        self._level, self._as_json = logging.INFO, True

    def start(self, level: int, *, as_json: bool) -> None:
        """Logs from `level` on, from now on."""
        self._level, self._as_json = level, as_json
        self.__dict__.pop("_logger", None)

    def __getattr__(self, word: str) -> Any:
        return getattr(self._logger, word)

    @cached_property
    def _logger(self) -> Any:
        import structlog  # noqa: PLC0415  # heavy

        render: Any = structlog.processors.JSONRenderer() if self._as_json else structlog.dev.ConsoleRenderer()
        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                render,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(self._level),
            logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whatever that is at each word
            cache_logger_on_first_use=False,
        )
        return structlog.get_logger()


log: Any = Log()
"""`log.info("what_happened", account=…)`: events are past tense, values are ids and numbers, never secrets."""


def start_logging(level: str = "info", *, as_json: bool | None = None) -> None:
    """Sets the logs up; JSON unless standard error is a terminal or `as_json` says otherwise."""
    number = logging.getLevelNamesMapping()[level.upper()]
    log.start(number, as_json=not sys.stderr.isatty() if as_json is None else as_json)
    logging.basicConfig(
        level=max(number, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s", force=True
    )
    logging.getLogger("aiokafka").setLevel(max(number, logging.ERROR))  # it warns of every rebalance and retry
