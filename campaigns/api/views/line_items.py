"""Containers (contract 1, Managing Containers for Creative Groups)."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.documentation import NESTED_PAGE_PARAMETERS, operation
from campaigns.api.serializers.line_item import LineItemIn, LineItemOut
from campaigns.hierarchy.campaigns import get_campaign
from campaigns.hierarchy.line_items import (
    create_line_item,
    delete_line_item,
    get_line_item,
    line_items_of,
    update_line_item,
)


class LineItems(ManagementView):
    """The containers of a campaign."""

    @operation(
        "Get all containers for a campaign",
        member="line_items",
        answer=LineItemOut,
        many=True,
        parameters=NESTED_PAGE_PARAMETERS,
    )
    def get(self, _request: Request, campaign_id: int, **_: object) -> HttpResponse:
        """The living container, if there is one."""
        campaign = get_campaign(organization=self.organization, campaign_id=campaign_id)
        rows, pagination = self.page(whole=True).rows_of(
            line_items_of(organization=self.organization, campaign=campaign)
        )
        return self.answer(line_items=LineItemOut(rows, many=True).data, pagination=pagination)

    @operation(
        "Create a container for a campaign",
        member="line_items",
        answer=LineItemOut,
        many=True,
        request=("line_item", LineItemIn),
    )
    def post(self, _request: Request, campaign_id: int, **_: object) -> HttpResponse:
        """Make the container of a campaign."""
        attributes = self.object_of(LineItemIn, "line_item")
        line_item = create_line_item(organization=self.organization, campaign_id=campaign_id, attributes=attributes)
        return self.answer(line_items=[LineItemOut(line_item).data])


class LineItem(ManagementView):
    """One container."""

    @operation("Get a container by container ID", member="line_items", answer=LineItemOut, many=True)
    def get(self, _request: Request, line_item_id: int, **_: object) -> HttpResponse:
        """One container, in an array."""
        line_item = get_line_item(organization=self.organization, line_item_id=line_item_id)
        return self.answer(line_items=[LineItemOut(line_item).data])

    @operation(
        "Update a container", member="line_items", answer=LineItemOut, many=True, request=("line_item", LineItemIn)
    )
    def put(self, _request: Request, line_item_id: int, **_: object) -> HttpResponse:
        """Change the attributes that are present."""
        changes = self.changes_of(
            LineItemIn,
            "line_item",
            lambda: LineItemOut(get_line_item(organization=self.organization, line_item_id=line_item_id)).data,
        )
        line_item = update_line_item(organization=self.organization, line_item_id=line_item_id, changes=changes)
        context = {"sent": self.body()["line_item"]}
        return self.answer(line_items=[LineItemOut(line_item, context=context).data])

    @operation("Delete a container", member="line_item", answer=LineItemOut)
    def delete(self, _request: Request, line_item_id: int, **_: object) -> HttpResponse:
        """Take a container and everything below it out of every read."""
        line_item = delete_line_item(organization=self.organization, line_item_id=line_item_id, now=timezone.now())
        return self.answer(line_item=LineItemOut(line_item).data)
