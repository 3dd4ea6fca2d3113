"""What is logged goes to whatever standard error is at that moment."""

import contextlib
import io
import json

from shared.logs import Log


def test_a_stream_that_was_closed_since_is_not_written_to() -> None:
    log, first, second = Log(), io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(first):
        log.warning("batch_failed", group="g")
    assert json.loads(first.getvalue())["event"] == "batch_failed"
    first.close()
    with contextlib.redirect_stderr(second):
        log.warning("batch_failed", group="h")
    assert json.loads(second.getvalue())["group"] == "h"
