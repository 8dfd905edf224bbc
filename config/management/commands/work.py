"""`python manage.py work`: worker and beat in one process, for machines without Redis.

Their messages stay in memory (`memory://`), so both must run in one process: with threads instead of processes, and not
as celery's own `worker --beat`, which forks.
"""

import os
import signal
import threading
import warnings

from celery.apps.worker import Worker
from celery.beat import Service
from celery.platforms import SecurityWarning
from celery.signals import worker_shutting_down
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.celery import app

# How long beat sleeps at most, and so how long stopping it can take.
LONGEST_BEAT_SLEEP_SECONDS = 1


class Command(BaseCommand):
    """Runs tasks and the schedule until SIGTERM or SIGINT; running tasks are finished first."""

    help = "Run the worker and beat together in this process (without REDIS_URL; `serve` starts it)."

    def handle(self, *_: object, **__: object) -> None:
        """Run until told to stop."""
        if settings.REDIS_URL:
            raise CommandError("with REDIS_URL run `celery -A config worker` and `celery -A config beat` instead")
        # Containers run as root; the warning is about pickle, and we accept only JSON.
        warnings.simplefilter("ignore", SecurityWarning)
        worker = Worker(
            app=app,
            pool="threads",
            concurrency=settings.WORKER_CONCURRENCY,
            loglevel=settings.LOG_LEVEL,
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        beat = Service(app, max_interval=LONGEST_BEAT_SLEEP_SECONDS, scheduler_cls=app.conf.beat_scheduler)
        clock = threading.Thread(target=_tick, args=[beat], name="beat", daemon=True)

        def stop_beat(**_: object) -> None:
            beat.stop()

        worker_shutting_down.connect(stop_beat)
        clock.start()
        worker.start()
        clock.join(2 * LONGEST_BEAT_SLEEP_SECONDS)


def _tick(beat: Service) -> None:
    """Run beat; if it fails, end the process too, so that it is restarted."""
    app.set_current()
    try:
        beat.start()
    except BaseException:
        os.kill(os.getpid(), signal.SIGTERM)
        raise
