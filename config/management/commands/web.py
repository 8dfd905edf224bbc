"""`python manage.py web`: the web server alone, for deployments where something else runs the processes."""

import os
from typing import Any

from django.core.management.base import BaseCommand

from config.preflight import require_free_port
from config.processes import web_server


class Command(BaseCommand):
    """Becomes the web server that `serve` starts, with the same options."""

    help = "Run the web server alone (compose.yaml does; `serve` runs everything)."
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        """Replace this process, so that signals reach the server itself."""
        host, port = require_free_port()
        command = web_server(host=host, port=port)
        os.execv(command[0], command)  # noqa: S606 - our own command line
