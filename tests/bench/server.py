"""The web server as `manage.py serve` starts it, for the product and for the reference."""

import http.client
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from config.processes import Program, web_server
from config.supervision import Child

HOST = "127.0.0.1"
PATIENCE_SECONDS = 30.0


@contextmanager
def running(target: str, settings_module: str, probe: str) -> Iterator[str]:
    """Serve the ASGI application `target` on a free port until the end; gives its base URL once `probe` answers 200."""
    port = _free_port()
    program = Program(target, web_server(host=HOST, port=port, target=target), essential=True)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings_module}
    child = Child(program, environment, settings.BASE_DIR)
    try:
        child.maintain()
        _wait_for(port, probe)
        yield f"http://{HOST}:{port}"
    finally:
        child.stop(_sleep)


def _wait_for(port: int, probe: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _answers(port, probe):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the server on port {port} doesn't answer {probe}; its own messages are above")
        time.sleep(0.1)


def _answers(port: int, probe: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", probe)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return True
