"""`python manage.py serve`: the whole product on one machine, from an empty folder to answering requests."""

import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from config import preflight
from config.demo import credentials
from config.demo.shop import ORGANIZATION
from config.health_paths import LIVENESS
from config.postgresql import embedded
from config.processes import environment, programs
from config.schema_state import migrate
from config.supervision import Signals, Supervisor
from customers.models import Organization

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - names them, binds nothing


class Command(BaseCommand):
    """Checks the environment, migrates, and runs the web server, the worker and beat until told to stop."""

    help = "Run the web server, the worker and beat (and PostgreSQL where DATABASE_URL is not set) until Ctrl-C."
    # The processes that it starts run them.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --demo."""
        parser.add_argument("--demo", action="store_true", help="make the demo data where it is missing")

    def handle(self, *_: object, demo: bool, **__: object) -> None:
        """Prepare, serve, and stop the embedded server at the end."""
        with Signals() as signals, _without_embedded_server_afterwards():
            address = self._prepare(signals, demo=demo)
            if address:
                self._serve(signals, *address)

    def _prepare(self, signals: Signals, *, demo: bool) -> tuple[str, int] | None:
        """Check and migrate; the address to serve on, or None if a signal came first."""
        try:
            preflight.require_writable_data_directory()
            address = preflight.require_free_port()
            preflight.require_broker()
            preflight.require_database()
            if signals.wait(0):
                return None
            if applied := migrate():
                self.stderr.write(f"Applied {applied} migration{'s' if applied > 1 else ''}.")
            if demo and not signals.wait(0):
                call_command("create_demo")
                _tell_children_of_the_demo()
        except ImproperlyConfigured:
            # Ctrl-C in a terminal also ends subprocesses of a check; then its failure is no error.
            if signals.wait(0):
                return None
            raise
        finally:
            connections.close_all()
        return address

    def _serve(self, signals: Signals, host: str, port: int) -> None:
        supervisor = Supervisor(programs(host, port), environment(), settings.BASE_DIR, signals)
        supervisor.run(
            ready=lambda: _answers(EVERY_ADDRESS.get(host, host), port),
            announce=lambda: self.stderr.write(f"Serving on {settings.BASE_URL} (Ctrl-C stops)"),
        )


def _tell_children_of_the_demo() -> None:
    """Set variables of the child processes: serve the demo's shop, and its application for traces without app-token."""
    os.environ["DEMO"] = "1"
    # Destinations of a demo are on the same machine.
    os.environ.setdefault("ALLOW_PRIVATE_DESTINATIONS", "1")
    if "DECISION_LOG" not in os.environ:
        # Log every decision of the demo, so that all can be explained.
        os.environ["DECISION_LOG_ALL_OF"] = str(Organization.objects.get(name=ORGANIZATION).pk)
    if not settings.DEFAULT_APP_TOKEN:
        # Traces without an app-token (contract 4, section C) belong to the shop.
        os.environ["DEFAULT_APP_TOKEN"] = credentials.read()["WEB_APP_TOKEN"]


@contextmanager
def _without_embedded_server_afterwards() -> Iterator[None]:
    try:
        yield
    finally:
        if settings.EMBEDDED_POSTGRESQL:
            embedded.stop(settings.EMBEDDED_POSTGRESQL)


def _answers(host: str, port: int) -> bool:
    """Whether the web server answers; it may listen before it has loaded the application."""
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", LIVENESS)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
