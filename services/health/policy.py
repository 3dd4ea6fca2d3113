"""The policy: which schemes sort the accounts, which lifecycle they go through, which model scores each segment, and
which one runs in its shadow."""

from pydantic import Field

from services.health.curves import Part


class Policy(Part):
    """What is in force, by the names of the other files."""

    name: str = Field("policy", pattern="^policy$")
    words: str
    segments: str = Field(description="the scheme whose segments pick the model")
    tier: str = Field("seg-1", description="the scheme by rank that gives tiers")
    size: str = Field("seg-5", description="the scheme that gives sizes")
    stages: str = Field("s1", description="the lifecycle")
    models: dict[str, str] = Field(description="segment → the model that scores it")
    shadow: dict[str, str] = Field({}, description="segment → a model that scores it too, without any effect")
