"""The sample company as files: its history as NDJSON, and the truth as CSV beside it."""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from services.sample.company import AccountTruth, Company


def write_ndjson(company: Company, path: Path) -> int:
    """Writes the history, one structured CloudEvent a line, in time order; how many. Replaces what was there."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for event in company.history():
            file.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count


def write_truth_csv(company: Company, path: Path) -> int:
    """Writes the truth, one account a line; how many. Several reasons are joined by `; `."""
    truth = company.truth
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(AccountTruth))
        writer.writerows(list(_cells(line)) for line in truth)
    return len(truth)


def _cells(line: AccountTruth) -> Iterator[Any]:
    for value in asdict(line).values():
        if isinstance(value, tuple):
            yield "; ".join(value)
        else:
            yield value.isoformat() if hasattr(value, "isoformat") else value
