"""A Redis that accepts connections and never answers costs a process one short attempt, and no request its answer."""

import socket

from tests.abuse.server import Server
from tests.abuse.world import Abused

REQUESTS = 40
# Two processes, each of whose three threads may have asked before the first of them knew.
# (and one each half minute, where a machine takes minutes for all this).
MOST_ATTEMPTS = 12


def test_requests_are_counted_in_the_database_meanwhile(server: Server, abused: Abused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as redis:
        redis.setblocking(False)
        address = f"redis://127.0.0.1:{redis.getsockname()[1]}/0"
        with server.beside(REDIS_URL=address, REQUESTS_PER_MINUTE="1000") as hurt:
            _check(hurt, abused)
        assert 1 <= _attempts(redis) <= MOST_ATTEMPTS


def _check(hurt: Server, abused: Abused) -> None:
    counted = set()
    for _ in range(REQUESTS):
        answer = hurt.ask("GET", "/marketing-solutions/campaigns/1", headers={"Authorization": abused.bearer})
        assert answer.status == 200
        # A minute may end meanwhile, whose end stands beside what is left of it.
        counted.add((answer.headers["x-ratelimit-reset"], answer.headers["x-ratelimit-remaining"]))
    assert len(counted) == REQUESTS, "each counts, in whatever process"
    assert hurt.ask("GET", "/readyz").json()["checks"]["broker"] == "unreachable"


def _attempts(redis: socket.socket) -> int:
    """How often somebody has connected."""
    number = 0
    while True:
        try:
            redis.accept()[0].close()
        except BlockingIOError:
            return number
        number += 1
