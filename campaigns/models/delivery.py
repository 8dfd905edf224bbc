"""The delivery of a scheduled message: to build its audience, and to deliver it."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models.campaign import AdCampaign
from campaigns.models.creative import AdUnit
from customers.models import NamesFields


class DeliveryState(models.TextChoices):
    """The states of a delivery (contract 4, section A)."""

    SCHEDULED = "scheduled"
    BUILDING = "building"
    BUILT = "built"
    DELIVERING = "delivering"
    COMPLETE = "complete"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    FAILED = "failed"


# Workers advance these without an operator.
ACTIVE_STATES = (DeliveryState.SCHEDULED, DeliveryState.BUILDING, DeliveryState.BUILT, DeliveryState.DELIVERING)
TERMINAL_STATES = (DeliveryState.COMPLETE, DeliveryState.CANCELLED, DeliveryState.SKIPPED, DeliveryState.FAILED)
# What an operator may have to look at.
UNSETTLED_STATES = (*ACTIVE_STATES, DeliveryState.PAUSED, DeliveryState.FAILED)
HALF, WHOLE = 50, 100


class Delivery(NamesFields):
    """One delivery of one creative at one time (`scheduled_for`).

    `key` is the prefix of its recipients' keys. `is_held`: an operator paused or cancelled it, and only an operator
    resumes it. `lease_token` and `leased_until` belong to the worker that does what only one may do (follow merges,
    count again, export a file). `merges_seen` is a database snapshot; merges that it doesn't show are not
    applied yet. `capped_from` is the first day of the earliest period in which its recipients count towards a cap, null
    if they don't. A recipient that is not sent, failed, skipped or ambiguous is pending. The counts stay when retention
    deletes chunks, recipients or the file, at the time in `…_removed_at`.
    """

    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="deliveries")
    creative = models.ForeignKey(AdUnit, on_delete=models.CASCADE, related_name="deliveries")
    key = models.UUIDField(unique=True, default=uuid.uuid4, db_default=models.Func(function="gen_random_uuid"))
    state = models.CharField(
        max_length=10,
        choices=DeliveryState.choices,
        default=DeliveryState.SCHEDULED,
        db_default=DeliveryState.SCHEDULED,
    )
    scheduled_for = models.DateTimeField()
    is_held = models.BooleanField(default=False, db_default=False, help_text="An operator paused or cancelled it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    built_at = models.DateTimeField(null=True, blank=True)
    delivering_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.BigIntegerField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, db_default=0)
    error = models.TextField(blank=True, default="", db_default="")
    definition = models.JSONField(null=True, blank=True, help_text="What the audience is built from, since it began.")
    capped_from = models.DateField(null=True, blank=True, editable=False)
    merges_seen = models.TextField(blank=True, default="", db_default="", editable=False)
    chunks = models.PositiveIntegerField(default=0, db_default=0)
    chunks_done = models.PositiveIntegerField(default=0, db_default=0)
    audience = models.PositiveBigIntegerField(default=0, db_default=0)
    sent = models.PositiveBigIntegerField(default=0, db_default=0)
    failed = models.PositiveBigIntegerField(default=0, db_default=0)
    skipped = models.PositiveBigIntegerField(default=0, db_default=0)
    ambiguous = models.PositiveBigIntegerField(default=0, db_default=0)
    destination = models.CharField(max_length=255, blank=True, default="", db_default="")
    file_name = models.CharField(max_length=1024, blank=True, default="", db_default="")
    file_url = models.CharField(max_length=2048, blank=True, default="", db_default="")
    file_rows = models.PositiveBigIntegerField(null=True, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    caps_returned_at = models.DateTimeField(
        null=True, blank=True, help_text="Given up, and what it had counted towards a cap was given back."
    )
    chunks_removed_at = models.DateTimeField(null=True, blank=True)
    recipients_removed_at = models.DateTimeField(null=True, blank=True)
    file_removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state"),
            models.UniqueConstraint(
                fields=["creative", "scheduled_for"],
                condition=~Q(state=DeliveryState.CANCELLED),
                name="delivery_once_per_occurrence",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="delivery_newest_first"),
            models.Index(fields=["organization", "state", "-id"], name="delivery_by_state"),
            models.Index(
                fields=["id"],
                condition=Q(
                    state__in=[DeliveryState.CANCELLED, DeliveryState.SKIPPED],
                    caps_returned_at__isnull=True,
                    started_at__isnull=False,
                ),
                name="delivery_owes_caps",
            ),
            models.Index(fields=["scheduled_for"], condition=Q(state__in=ACTIVE_STATES), name="delivery_moving"),
            models.Index(fields=["state"], condition=Q(state__in=UNSETTLED_STATES), name="delivery_unsettled"),
            models.Index(fields=["finished_at"], name="delivery_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.creative} at {self.scheduled_for:%Y-%m-%d %H:%M}"

    @property
    def pending(self) -> int:
        """How many members are still to be settled."""
        return self.audience - self.sent - self.failed - self.skipped - self.ambiguous

    @property
    def built_for(self) -> str | None:
        """The creative's type as it was when building began; None before."""
        return (self.definition or {}).get("creative_type")

    def is_of_no_use_to(self, creative_type: str) -> bool:
        """Whether the audience was built for another type of message, with other consents and states."""
        return self.built_for not in {None, creative_type}

    def was_built_elsewhere(self, group_id: int, campaign_id: int) -> bool:
        """Whether the audience is another group's or campaign's, and nothing of it is delivered yet."""
        kept: dict[str, Any] = self.definition or {}
        place = kept.get("group_id", group_id), kept.get("campaign", {}).get("id", campaign_id)
        return self.delivering_at is None and place != (group_id, campaign_id)

    @property
    def progress(self) -> int:
        """0 to 100: building is the first half, delivering the second."""
        if self.state == DeliveryState.COMPLETE:
            return WHOLE
        built = HALF if self.built_at else HALF * self.chunks_done // self.chunks if self.chunks else 0
        settled = HALF * (self.audience - self.pending) // self.audience if self.built_at and self.audience else 0
        return min(built + settled, WHOLE - 1)

    @classmethod
    def uses_of_field(cls, *, organization_id: int, name: str) -> Iterator[str]:
        """Deliveries whose audience is being built by targets that name it, whatever the campaign's are now."""
        unbuilt = cls.objects.filter(
            organization_id=organization_id,
            state__in=[DeliveryState.BUILDING, DeliveryState.PAUSED, DeliveryState.FAILED],
            built_at__isnull=True,
            creative__deleted_at__isnull=True,
        )
        for delivery in unbuilt.exclude(definition=None).select_related("creative"):
            kept: dict[str, Any] = (delivery.definition or {}).get("campaign", {})
            lists = [kept.get("targets", []), *(part["targets"] for part in kept.get("groups", []))]
            if any(target["attribute"] == name for targets in lists for target in targets):
                yield f'the delivery of "{delivery.creative.name}" whose audience is being built'
