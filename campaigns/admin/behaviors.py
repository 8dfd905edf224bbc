"""Behaviors with their goals and outcomes, and what customers earned by them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from campaigns.behaviors.definitions import delete_behavior
from campaigns.models import Achievement, Completion, Outcome, PointsEntry
from campaigns.models.level import LIVING
from campaigns.offers.points import adjust_points
from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import HistoryAdmin, ReadOnlyInline, ServiceAdmin
from customers.models import Organization

MEASURES = ("event_count", "period", "min_time_between_events", "min_time_between_events_count", "consecutive")
CAPS = (
    "max_times_achievable",
    "max_times_achievable_per_period",
    "max_times_achievable_per_month",
    "max_times_achievable_per_year",
)


class GoalInline(ReadOnlyInline):
    """The goals of a behavior."""

    model = Achievement
    verbose_name = "goal"
    fields = ["group_index", "name", "internal_event_name", *MEASURES, "eligible_spend", *CAPS, "event_filters"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Goals that aren't deleted, group by group."""
        return super().get_queryset(request).filter(LIVING).order_by("group_index", "id")


class OutcomeInline(ReadOnlyInline):
    """The outcomes of the behavior, beside its tags and points."""

    model = Outcome
    fields = ["offer", "creative", "event"]


@admin.register(Achievement)
class AchievementAdmin(ServiceAdmin[Achievement]):
    """Behaviors. The management API creates and updates them; here they are viewed and deleted."""

    list_display = ["name", "campaign", "goals_of", "tags", "points", "max_times_achievable", "period"]
    list_filter = [OrganizationFilter]
    list_select_related = ["campaign"]
    search_fields = ["name", "campaign__name"]
    ordering = ["-id"]
    fields = ["name", "campaign", "tags", "points", "period", *CAPS, "use_same_period", "consecutive", "goal_counts"]
    inlines = [GoalInline, OutcomeInline]

    @admin.display(description="goals")
    def goals_of(self, behavior: Any) -> int:
        """How many goals there are."""
        count: int = behavior.goal_total
        return count

    def get_queryset(self, request: HttpRequest) -> QuerySet[Achievement]:
        """Behaviors that aren't deleted; goals are shown inline."""
        living = Q(goals__deleted_at__isnull=True)
        composites = super().get_queryset(request).filter(LIVING, composite=None)
        return composites.annotate(goal_total=Count("goals", filter=living))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The API adds them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Achievement | None = None) -> bool:
        """The API changes them."""
        return False

    def lock(self, row: Achievement) -> None:
        """No-op: `delete_behavior` locks the campaign, then the behavior."""

    def remove(self, rows: Sequence[Achievement]) -> None:
        """Soft-delete behaviors and their goals."""
        now = timezone.now()
        for behavior in rows:
            delete_behavior(organization=behavior.organization, behavior_id=behavior.pk, now=now)


@admin.register(Outcome)
class OutcomeAdmin(HistoryAdmin):
    """Outcomes of behaviors; each belongs to its behavior's description."""

    list_display = ["model_type", "model_id", "achievement", "created_at"]
    list_filter = [OrganizationFilter]
    list_select_related = ["achievement"]


@admin.register(Completion)
class CompletionAdmin(HistoryAdmin):
    """Behaviors that customers earned."""

    list_display = ["customer", "achievement", "at", "created_at"]
    list_filter = [OrganizationFilter]
    search_fields = ["achievement__name"]
    list_select_related = ["customer", "achievement"]


@admin.register(PointsEntry)
class PointsEntryAdmin(ServiceAdmin[PointsEntry]):
    """The ledger of customers' points: entries are viewed, and adjustments are added."""

    list_display = ["customer", "amount", "at", "note", "created_at"]
    list_filter = [OrganizationFilter]
    search_fields = ["=key"]
    list_select_related = ["customer"]
    autocomplete_fields = ["customer"]

    def get_fields(self, request: HttpRequest, obj: PointsEntry | None = None) -> Any:
        """The fields of an adjustment."""
        given = ["customer", "amount", "note"]
        return given if obj is None else [*given, "at", "key", "completion", "created_at"]

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> PointsEntry:
        """Book an adjustment and change the customer's balance."""
        customer_id = values.pop("customer").pk
        return adjust_points(organization=organization, customer_id=customer_id, now=timezone.now(), **values)

    def has_change_permission(self, request: HttpRequest, obj: PointsEntry | None = None) -> bool:
        """Entries are never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PointsEntry | None = None) -> bool:
        """Entries are never deleted."""
        return False
