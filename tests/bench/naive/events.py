"""A batch of events one by one, the way the textbooks do: models, a transaction and a count for each; same base view.

It knows only the rules that the bench's behaviors have.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone

from campaigns.api.base import ManagementView
from campaigns.api.serializers.event import read_events
from campaigns.behaviors.ingestion import ReportedEvent
from campaigns.models import Achievement, AdTarget, Completion, Event, GoalProgressEvent, PointsEntry
from customers.models import Customer


class NaiveEvents(ManagementView):
    """Every event in a transaction of its own; the body is read and the caller authenticated only once."""

    def post(self, _request: Any, **_: object) -> HttpResponse:
        """As many answers as there are events."""
        now = timezone.now()
        told = [one for one in read_events(self.body(), now) if isinstance(one, ReportedEvent)]
        return self.answer(events=[{"index": index, "earned": self._tell(one)} for index, one in enumerate(told)])

    @transaction.atomic
    def _tell(self, told: ReportedEvent) -> int:
        customers = Customer.objects.select_for_update().filter(organization=self.organization)
        customer = customers.get(external_id=told.external_id)
        Event.objects.create(
            organization=self.organization, customer=customer, name=told.name, at=told.at, amount=told.amount
        )
        goals = Achievement.objects.filter(
            organization=self.organization,
            internal_event_name=told.name,
            composite__deleted_at=None,
            campaign__status="live",
            campaign__starts_at__lte=told.at,
            campaign__ends_at__gt=told.at,
        ).select_related("composite")
        return sum(self._count(customer, goal, told.at) for goal in goals)

    def _count(self, customer: Customer, goal: Achievement, at: datetime) -> bool:
        behavior, period = goal.composite, timedelta(seconds=goal.period or 0)
        assert behavior
        own = {"organization": self.organization, "customer": customer}
        if AdTarget.objects.filter(bundle__campaign=goal.campaign_id).exists():
            return False
        earned = Completion.objects.filter(customer=customer, achievement=behavior, at__gt=at - period)
        if earned.count() >= (behavior.max_times_achievable_per_period or 0):
            return False
        counted = GoalProgressEvent.objects.filter(customer=customer, goal=goal)
        spacing = timedelta(seconds=goal.min_time_between_events or 0)
        if counted.filter(at__gt=at - spacing).count() >= goal.min_time_between_events_count:
            return False
        GoalProgressEvent.objects.create(**own, goal=goal, at=at)
        open_events = counted.filter(is_consumed=False, at__gt=at - period)
        if open_events.count() < goal.event_count:
            return False
        open_events.update(is_consumed=True)
        Completion.objects.create(**own, achievement=goal, at=at)
        completion = Completion.objects.create(**own, achievement=behavior, at=at)
        key = f"earning:{completion.pk}"
        PointsEntry.objects.create(**own, amount=behavior.points, at=at, key=key, completion=completion)
        customer.points += behavior.points
        customer.tags = sorted({*customer.tags, *behavior.tag_list})
        customer.save()
        return True
