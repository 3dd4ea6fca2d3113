"""The policy: which scheme sorts the accounts, which model scores each segment, and which one runs in its shadow."""

from pydantic import Field

from services.health.curves import Part


class Policy(Part):
    """What is in force, by the names of the other files."""

    name: str = Field("policy", pattern="^policy$")
    words: str
    segments: str = Field(description="the scheme whose segments pick the model")
    models: dict[str, str] = Field(description="segment → the model that scores it")
    shadow: dict[str, str] = Field({}, description="segment → a model that scores it too, without any effect")
