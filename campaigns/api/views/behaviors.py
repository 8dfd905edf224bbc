"""Behaviors (contract 1, Managing Campaign Behaviors); a single one's endpoint is ours."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.bodies import read_list
from campaigns.api.documentation import NESTED_PAGE_PARAMETERS, operation
from campaigns.api.serializers.behavior import BehaviorIn, BehaviorOut, BehaviorsIn, listed
from campaigns.behaviors.definitions import (
    behaviors_of,
    create_behaviors,
    delete_behavior,
    get_behavior,
    update_behavior,
)
from campaigns.hierarchy.campaigns import get_campaign


class Behaviors(ManagementView):
    """The behaviors of a campaign."""

    @operation(
        "Get all behaviors for a campaign",
        member="behaviors",
        answer=BehaviorOut,
        many=True,
        query=NESTED_PAGE_PARAMETERS,
    )
    def get(self, _request: Request, campaign_id: int, **_: object) -> HttpResponse:
        """All goal achievements and composites, the oldest behavior first."""
        get_campaign(organization=self.organization, campaign_id=campaign_id)
        behaviors = behaviors_of(organization=self.organization, campaign_ids=[campaign_id])
        rows = [row for behavior in behaviors for row in listed(behavior)]
        page = self.page(whole=True)
        if page.is_whole:
            return self.answer(behaviors=rows)
        rows, pagination = page.items_of(rows)
        return self.answer(behaviors=rows, pagination=pagination)


class BehaviorBatch(ManagementView):
    """Several new behaviors of a campaign."""

    @operation(
        "Create behaviors in batch for a campaign",
        member="behaviors",
        answer=BehaviorOut,
        many=True,
        request=("", BehaviorsIn),
    )
    def post(self, _request: Request, campaign_id: int, **_: object) -> HttpResponse:
        """Make all of them or none."""
        descriptions = read_list(BehaviorsIn, "behaviors", self.body())
        behaviors = create_behaviors(organization=self.organization, campaign_id=campaign_id, behaviors=descriptions)
        return self.answer(behaviors=BehaviorOut(behaviors, many=True).data)


class BehaviorDetail(ManagementView):
    """One behavior."""

    @operation("Get a behavior", member="behaviors", answer=BehaviorOut, many=True)
    def get(self, _request: Request, behavior_id: int, **_: object) -> HttpResponse:
        """One behavior with its goals, in an array."""
        behavior = get_behavior(organization=self.organization, behavior_id=behavior_id)
        return self.answer(behaviors=[BehaviorOut(behavior).data])

    @operation("Update a behavior", member="behaviors", answer=BehaviorOut, many=True, request=("behavior", BehaviorIn))
    def put(self, _request: Request, behavior_id: int, **_: object) -> HttpResponse:
        """Change the attributes that are present."""
        changes = self.object_of(BehaviorIn, "behavior", partial=True)
        behavior = update_behavior(
            organization=self.organization, behavior_id=behavior_id, changes=changes, now=timezone.now()
        )
        return self.answer(behaviors=[BehaviorOut(behavior).data])

    @operation("Delete a behavior", member="behavior", answer=BehaviorOut)
    def delete(self, _request: Request, behavior_id: int, **_: object) -> HttpResponse:
        """Take a behavior and its goals out of every read."""
        behavior = delete_behavior(organization=self.organization, behavior_id=behavior_id, now=timezone.now())
        return self.answer(behavior=BehaviorOut(behavior).data)
