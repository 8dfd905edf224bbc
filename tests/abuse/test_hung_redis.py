"""A Redis that accepts connections and never answers costs a process one short attempt, and no request its answer."""

import socket
from collections.abc import Iterator

import pytest

from tests.abuse.server import Server
from tests.abuse.world import Abused

REQUESTS = 40
# Two processes, each of whose three threads may have asked before the first of them knew.
# (and one each half minute, where a machine takes minutes for all this).
MOST_ATTEMPTS = 12


@pytest.fixture
def hung(server: Server) -> Iterator[socket.socket]:
    """The Redis of the server, which is started with it and, afterwards, again as it was."""
    with socket.create_server(("127.0.0.1", 0)) as redis:
        redis.setblocking(False)
        server.kill()
        server.start(REDIS_URL=f"redis://127.0.0.1:{redis.getsockname()[1]}/0", REQUESTS_PER_MINUTE="1000")
        yield redis
        server.kill()
    server.start()


def test_requests_are_counted_in_the_database_meanwhile(server: Server, abused: Abused, hung: socket.socket) -> None:
    counted = set()
    for _ in range(REQUESTS):
        answer = server.ask("GET", "/marketing-solutions/campaigns/1", headers={"Authorization": abused.bearer})
        assert answer.status == 200
        # A minute may end meanwhile, whose end stands beside what is left of it.
        counted.add((answer.headers["x-ratelimit-reset"], answer.headers["x-ratelimit-remaining"]))
    assert len(counted) == REQUESTS, "each counts, in whatever process"
    assert server.ask("GET", "/readyz").json()["checks"]["broker"] == "unreachable"
    assert 1 <= _attempts(hung) <= MOST_ATTEMPTS


def _attempts(redis: socket.socket) -> int:
    """How often somebody has connected."""
    number = 0
    while True:
        try:
            redis.accept()[0].close()
        except BlockingIOError:
            return number
        number += 1
