"""Behaviors with their goals and outcomes, and what customers earned by them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from campaigns.admin.history import HistoryAdmin
from campaigns.models import Achievement, Earning, Outcome, PointsEntry
from campaigns.models.level import LIVING
from campaigns.services.behaviors import delete_behavior

MEASURES = ("event_count", "period", "min_time_between_events", "min_time_between_events_count", "consecutive")
CAPS = (
    "max_times_achievable",
    "max_times_achievable_per_period",
    "max_times_achievable_per_month",
    "max_times_achievable_per_year",
)


class ReadOnlyInline(admin.TabularInline[Any, Achievement]):
    """Rows of a behavior, to look at."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """The API adds them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """The API changes them."""
        return False


class GoalInline(ReadOnlyInline):
    """The goals of a behavior."""

    model = Achievement
    verbose_name = "goal"
    fields = ["group_index", "name", "internal_event_name", *MEASURES, "eligible_spend", *CAPS, "event_filters"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Living goals, group by group."""
        return super().get_queryset(request).filter(LIVING).order_by("group_index", "id")


class OutcomeInline(ReadOnlyInline):
    """What the behavior leads to, beside its tags and points."""

    model = Outcome
    fields = ["offer", "unit", "event"]


@admin.register(Achievement)
class AchievementAdmin(admin.ModelAdmin[Achievement]):
    """Behaviors. They are described as a whole, which the management API does; here they are read and deleted."""

    list_display = ["name", "campaign", "goals_of", "tags", "points", "max_times_achievable", "period"]
    list_filter = ["organization"]
    list_select_related = ["campaign"]
    search_fields = ["name", "campaign__name"]
    fields = ["name", "campaign", "tags", "points", "period", *CAPS, "use_same_period", "consecutive", "goal_counts"]
    inlines = [GoalInline, OutcomeInline]
    show_full_result_count = False

    @admin.display(description="goals")
    def goals_of(self, behavior: Any) -> int:
        """How many goals there are."""
        count: int = behavior.goal_total
        return count

    def get_queryset(self, request: HttpRequest) -> QuerySet[Achievement]:
        """Living behaviors; goals are shown inside of theirs."""
        living = Q(goals__deleted_at__isnull=True)
        composites = super().get_queryset(request).filter(LIVING, composite=None)
        return composites.select_related("organization").annotate(goal_total=Count("goals", filter=living))

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """The API adds them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Achievement | None = None) -> bool:  # noqa: ARG002
        """The API changes them."""
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], Any]:  # noqa: ARG002
        """What the page asks about: nothing leaves the database, so nothing is in the way."""
        return [str(behavior) for behavior in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Achievement) -> None:  # noqa: ARG002
        """Take the behavior and its goals out of every read."""
        delete_behavior(organization=obj.organization, behavior_id=obj.pk, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Achievement]) -> None:
        """The same for each chosen row."""
        for behavior in queryset:
            self.delete_model(request, behavior)


@admin.register(Outcome)
class OutcomeAdmin(HistoryAdmin):
    """Outcomes of behaviors; each belongs to its behavior's description."""

    list_display = ["model_type", "model_id", "achievement", "created_at"]
    list_filter = ["organization"]
    list_select_related = ["achievement"]

    def has_delete_permission(self, request: HttpRequest, obj: Outcome | None = None) -> bool:  # noqa: ARG002
        """A part of a definition: the API changes it with its behavior, and raises the organization's version."""
        return False


@admin.register(Earning)
class EarningAdmin(HistoryAdmin):
    """Behaviors that customers earned."""

    list_display = ["customer", "achievement", "at", "created_at"]
    list_filter = ["organization"]
    search_fields = ["achievement__name"]
    list_select_related = ["customer", "achievement"]


@admin.register(PointsEntry)
class PointsEntryAdmin(HistoryAdmin):
    """The ledger of customers' points."""

    list_display = ["customer", "amount", "at", "note", "created_at"]
    list_filter = ["organization"]
    search_fields = ["key"]
    list_select_related = ["customer"]

    def has_delete_permission(self, request: HttpRequest, obj: PointsEntry | None = None) -> bool:  # noqa: ARG002
        """Entries are never deleted."""
        return False
