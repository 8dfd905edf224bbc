"""`python manage.py work`: worker and beat in one process, for machines without Redis.

Their messages never leave the process (`memory://`), so both must share its memory: threads instead of processes, and
not celery's own `worker --beat`, which forks.
"""

import os
import signal
import threading
import warnings
from typing import Any

from celery.apps.worker import Worker
from celery.beat import Service
from celery.platforms import SecurityWarning
from celery.signals import worker_shutting_down
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.celery import app

# How long beat sleeps at most, and so how long its end can take.
LONGEST_BEAT_SLEEP_SECONDS = 1


class Command(BaseCommand):
    """Runs tasks and the schedule until SIGTERM or SIGINT; what has begun is finished first."""

    help = "Run the worker and beat together in this process (without REDIS_URL; `serve` starts it)."

    def handle(self, *_: Any, **__: Any) -> None:
        """Run until told to stop."""
        if settings.REDIS_URL:
            raise CommandError("with REDIS_URL run `celery -A config worker` and `celery -A config beat` instead")
        # As root in a container there is nothing else to be; only JSON is accepted as content.
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

        def stop_beat(**_: Any) -> None:
            beat.stop()

        worker_shutting_down.connect(stop_beat)
        clock.start()
        worker.start()
        clock.join(2 * LONGEST_BEAT_SLEEP_SECONDS)


def _tick(beat: Service) -> None:
    """Run beat; if it breaks, the process would only look alive, so it ends too (and is started again)."""
    app.set_current()
    try:
        beat.start()
    except BaseException:
        os.kill(os.getpid(), signal.SIGTERM)
        raise
