"""What spans every app and must be kept: when the processes that do the work were heard last."""

from django.db import models
from django.db.models.functions import Now


class HeartbeatKind(models.TextChoices):
    """Both are needed: a worker does the work, beat has it look for some."""

    WORKER = "worker"
    BEAT = "beat"


class Heartbeat(models.Model):
    """A process that does the work, and when it was heard last by the database's clock (`config.heartbeats`)."""

    kind = models.CharField(max_length=6, choices=HeartbeatKind.choices)
    name = models.CharField(max_length=255)
    heard_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="heartbeat_of_a_process")]

    def __str__(self) -> str:
        return f"{self.name} at {self.heard_at:%Y-%m-%dT%H:%M:%SZ}"
