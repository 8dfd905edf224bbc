"""What a behavior leads to, and what customers earned by it (contract 1, Response Attributes for Outcomes)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models.achievement import Achievement
from campaigns.models.creative import AdUnit
from campaigns.models.offer import Offer
from customers.models import CustomerOwned
from customers.tenancy import TenantModel


class TriggeredEvent(TenantModel):
    """A further event that an earned behavior triggers."""

    name = models.CharField(max_length=255)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Outcome(TenantModel):
    """An offer to issue, a message to send or an event to trigger when a behavior is earned: exactly one of the three.

    Tags and points stand in the behavior itself.
    """

    achievement = models.ForeignKey(Achievement, on_delete=models.CASCADE, related_name="outcomes")
    offer = models.ForeignKey(Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    creative = models.ForeignKey(AdUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(TriggeredEvent, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    account_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(offer__isnull=False, creative__isnull=True, event__isnull=True)
                | Q(offer__isnull=True, creative__isnull=False, event__isnull=True)
                | Q(offer__isnull=True, creative__isnull=True, event__isnull=False),
                name="outcome_is_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_type} {self.model_id}"

    @property
    def model_type(self) -> str:
        """The contract's word for what the outcome is."""
        return "Offer" if self.offer_id else "AdUnit" if self.creative_id else "EventOutcome"

    @property
    def model_id(self) -> int:
        """The id of what the outcome is."""
        return self.offer_id or self.creative_id or self.event_id or 0


class Completion(CustomerOwned):
    """A behavior that a customer earned once, or a goal completed once, at the time of the event that completed it.

    `is_waiting`: a goal that is complete while its behavior isn't earned yet.
    """

    achievement = models.ForeignKey(Achievement, on_delete=models.CASCADE, related_name="completions")
    at = models.DateTimeField()
    is_waiting = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["customer", "achievement", "-at"], name="completion_newest_first"),
            models.Index(fields=["customer", "achievement"], condition=Q(is_waiting=True), name="completion_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.achievement} by {self.customer}"


class PointsEntry(CustomerOwned):
    """A change of a customer's points, of which the customer's own row has the sum. `key` is unique: booked once."""

    amount = models.BigIntegerField()
    at = models.DateTimeField()
    key = models.CharField(max_length=255, unique=True)
    completion = models.ForeignKey(Completion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=255, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "points entries"

    def __str__(self) -> str:
        return f"{self.amount} points"
