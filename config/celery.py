"""The Celery application: its messages only say "look now"; the work itself is rows in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("campaign-platform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
