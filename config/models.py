"""Rows that span all apps: heartbeats of background processes."""

from django.db import models
from django.db.models.functions import Now


class HeartbeatKind(models.TextChoices):
    """The kinds of background process, of which both are needed."""

    WORKER = "worker"
    BEAT = "beat"


class Heartbeat(models.Model):
    """A background process and the time of its last heartbeat, by the database's clock (`config.heartbeats`)."""

    kind = models.CharField(max_length=6, choices=HeartbeatKind.choices)
    name = models.CharField(max_length=255)
    heard_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="heartbeat_of_a_process")]

    def __str__(self) -> str:
        return f"{self.name} at {self.heard_at:%Y-%m-%dT%H:%M:%SZ}"
