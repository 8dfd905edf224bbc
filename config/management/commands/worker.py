"""`python manage.py worker`: a worker alone, for deployments where something else runs the processes."""

from django.core.management.base import BaseCommand

from config.preflight import require_redis_url
from config.processes import become, worker


class Command(BaseCommand):
    """Becomes the worker that `serve` starts, with the same options."""

    help = "Run a worker alone, with Redis (compose.yaml does; `serve` runs everything)."
    requires_system_checks = []

    def handle(self, *_: object, **__: object) -> None:
        """Refuse to run without Redis, from which it gets its hints."""
        require_redis_url()
        become(worker())
