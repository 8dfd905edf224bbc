"""The addresses that load balancers ask, and the answer that needs nothing but a living process."""

LIVENESS, READINESS = "/healthz", "/readyz"
HEALTH_PATHS = frozenset({LIVENESS, READINESS})
ALIVE = b'{"status":"ok"}'
ALIVE_TYPE = "application/json"
