"""Behaviors: what a customer does to earn an outcome (contract 1, Managing Campaign Behaviors)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models.campaign import AdCampaign
from campaigns.models.level import LIVING, MAXIMUM_NAME
from customers.tenancy import TenantModel


def tags_in(lines: str | None) -> list[str]:
    """The tags of a text that has one a line; only line feeds end a line, so any other character may be in a tag."""
    return [tag.strip() for tag in (lines or "").split("\n") if tag.strip()]


class Achievement(TenantModel):
    """A behavior of a campaign (a composite achievement) or one of its goals, which has the behavior in `composite`.

    The attributes of contract 1's table "Data" are columns; None is "not set". `period` and `min_time_between_events`
    are in seconds. `given_members` names the members of `data` that a caller has sent. A behavior's `goal_counts` has
    an entry for each of its goal groups: how many of its goals are required, 0 for all, None for "not set".
    `event_count` is an amount of money if `eligible_spend` is set.
    """

    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="achievements")
    composite = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="goals")
    name = models.CharField(max_length=MAXIMUM_NAME + 45)
    tags = models.TextField(null=True, blank=True, help_text="Tags to be dropped when it is earned, one a line.")
    points = models.BigIntegerField(default=0, db_default=0, help_text="Points given when it is earned.")

    period = models.PositiveIntegerField(null=True, blank=True)
    min_time_between_events = models.PositiveIntegerField(null=True, blank=True)
    min_time_between_events_count = models.PositiveIntegerField(default=1, db_default=1)
    max_times_achievable = models.PositiveIntegerField(null=True, blank=True)
    max_times_achievable_per_period = models.PositiveIntegerField(null=True, blank=True)
    max_times_achievable_per_month = models.PositiveIntegerField(null=True, blank=True)
    max_times_achievable_per_year = models.PositiveIntegerField(null=True, blank=True)
    eligible_spend = models.BooleanField(null=True, blank=True)
    consecutive = models.BooleanField(default=False, db_default=False)
    use_same_period = models.BooleanField(default=False, db_default=False)
    precise_event_count = models.JSONField(null=True, blank=True)
    unit_precision = models.JSONField(null=True, blank=True)
    result_trigger = models.JSONField(null=True, blank=True)
    given_members = ArrayField(models.CharField(max_length=64), default=list, blank=True)

    goal_counts = ArrayField(models.PositiveIntegerField(null=True), default=list, blank=True)
    group_index = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Of a goal: its goal group.")
    internal_event_name = models.CharField(max_length=255, null=True, blank=True)
    event_count = models.PositiveIntegerField(default=1, db_default=1)
    event_filters = models.JSONField(null=True, blank=True, help_text="Of a goal: which events count at all.")

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(event_count__gte=1), name="achievement_event_count"),
            models.CheckConstraint(
                condition=Q(min_time_between_events_count__gte=1), name="achievement_min_time_between_events_count"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "internal_event_name"],
                condition=LIVING & Q(composite__isnull=False),
                name="achievement_goals_of_event",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tag_list(self) -> list[str]:
        """The tags to be dropped."""
        return tags_in(self.tags)
