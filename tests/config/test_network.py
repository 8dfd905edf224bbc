"""The tests' own fence: nothing leaves the machine."""

import socket

import pytest

from tests.conftest import NetworkRefusedError


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "2001:db8::1"])
def test_other_machines_are_refused(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as attempt, pytest.raises(NetworkRefusedError):
        attempt.connect((host, 80))


def test_this_machine_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
