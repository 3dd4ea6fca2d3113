"""Properties have no deadline: a busy machine is not a fault of ours."""

from hypothesis import HealthCheck, settings

settings.register_profile("steward", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steward")
