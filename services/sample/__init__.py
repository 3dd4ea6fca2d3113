"""The sample company: a seeded simulator of a customer base that knows the truth about it."""

from services.sample.company import AccountTruth, Company, simulate
from services.sample.files import write_ndjson, write_truth_csv

__all__ = ["AccountTruth", "Company", "simulate", "write_ndjson", "write_truth_csv"]
