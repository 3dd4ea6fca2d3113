"""A cause says the same within health and to others."""

import msgspec
from pydantic import TypeAdapter

from services.health.causes import Cause, as_json
from shared import contracts

CAUSE = Cause("nps", "NPS", -3_000_000, "9 → 0 of 10 · „nie“", ["ab" * 16], 3, by_time=False)


def test_what_is_stored_is_what_the_contract_reads() -> None:
    assert list(Cause.__struct_fields__) == list(contracts.Cause.model_fields)
    (read,) = TypeAdapter(list[contracts.Cause]).validate_json(as_json([CAUSE]))
    assert read == CAUSE.told
    assert read.model_dump() == msgspec.structs.asdict(CAUSE)
