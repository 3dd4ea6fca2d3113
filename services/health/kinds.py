"""Every kind of configuration file that health reads: its folder and its type. Adding one: a line here."""

from pydantic import BaseModel

from services.health.model import Model
from services.health.policy import Policy
from services.health.pools import Pool
from services.health.segments import Scheme
from services.health.signal_files import SignalFile
from services.health.stages import Lifecycle
from services.health.teams import Team

KINDS: dict[str, type[BaseModel]] = {
    "models": Model,
    "segments": Scheme,
    "signals": SignalFile,
    "stages": Lifecycle,
    "pools": Pool,
    "teams": Team,
    "policy": Policy,
}
