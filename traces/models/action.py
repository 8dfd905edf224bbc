"""An activity during a visit."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from customers.tenancy import TenantModel
from traces.models.trail import Trail


class ActionType(models.TextChoices):
    """The activity types of contract 3."""

    LOCATION = "location"
    ACTION = "action"
    CONVERSION = "conversion"
    DISMISS = "dismiss"
    ENTRY_POINT = "entry-point"
    FUNNEL_STEP = "funnel-step"
    EVENT = "event"


class Action(TenantModel):
    """An activity with its data, a list of `{name, value}`; its uuid is the `action-id`."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    trail = models.ForeignKey(Trail, on_delete=models.CASCADE, related_name="actions")
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=11, choices=ActionType.choices)
    data = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(type__in=ActionType.values), name="action_type")]

    def __str__(self) -> str:
        return self.name
