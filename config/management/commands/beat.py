"""`python manage.py beat`: beat alone, for deployments where something else runs the processes."""

from django.core.management.base import BaseCommand

from config.preflight import require_redis_url
from config.processes import beat, become


class Command(BaseCommand):
    """Becomes the beat process that `serve` starts, with the same options."""

    help = "Run beat alone, with Redis (compose.yaml does; `serve` runs everything)."
    requires_system_checks = []

    def handle(self, *_: object, **__: object) -> None:
        """Refuse to run without Redis, which it needs to reach workers."""
        require_redis_url()
        become(beat())
