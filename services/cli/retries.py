"""What is tried again, such as a database that is away, is said in words on standard error."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from services.cli.terminal import err, escape, explain

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails


@contextmanager
def telling_retries() -> Iterator[None]:
    """Says of every retry in the block why, and in how many seconds; instead of the line in the log."""
    from stamina import instrumentation

    before = instrumentation.get_on_retry_hooks()
    instrumentation.set_on_retry_hooks((_tell,))
    try:
        yield
    finally:
        instrumentation.set_on_retry_hooks(before)


def _tell(details: "RetryDetails") -> None:
    told = explain(details.caused_by)
    why = repr(details.caused_by) if told is None else told[0]
    err.print(f"[bold yellow]…[/] {escape(why)}; retry {details.retry_num} in {details.wait_for:.1f} s")
