"""What the levels of the hierarchy share: a name, a status, dates, and a soft delete."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from customers.tenancy import TenantModel

MAXIMUM_NAME = 255
LIVING = Q(deleted_at__isnull=True)


class Status(models.TextChoices):
    """The states of every level (contract 1). Any may follow any, except that nothing follows `completed`."""

    DRAFT = "draft"
    IN_REVIEW = "inreview", "in review"
    LIVE = "live"
    PAUSED = "paused"
    COMPLETED = "completed"


# What a live level is, whatever its dates; `campaigns.schedule.levels.is_live` is the same in SQL.
LIVE = Q(status=Status.LIVE) & LIVING


class Level(TenantModel):
    """A level of the hierarchy. It takes effect only while it and all levels above it are live."""

    # Longer than a caller's name may be: a deleted row's name carries the time of its deletion.
    name = models.CharField(max_length=MAXIMUM_NAME + 45)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="%(class)s_status"),
        ]

    def __str__(self) -> str:
        return self.name


class DatedLevel(Level):
    """A level that is active between two instants."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta(Level.Meta):
        abstract = True
        constraints = [
            *Level.Meta.constraints,
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="%(class)s_dates_in_order"),
        ]
