"""`python manage.py web`: the web server alone, for deployments where something else runs the processes."""

from django.core.management.base import BaseCommand

from config.preflight import require_free_port
from config.processes import become, web_server


class Command(BaseCommand):
    """Becomes the web server that `serve` starts, with the same options."""

    help = "Run the web server alone (compose.yaml does; `serve` runs everything)."
    requires_system_checks = []

    def handle(self, *_: object, **__: object) -> None:
        """Check the address first, because the web server itself would fail with a traceback."""
        host, port = require_free_port()
        become(web_server(host=host, port=port))
