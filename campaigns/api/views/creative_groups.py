"""Creative groups (contract 1, Managing Creative Groups)."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.documentation import NESTED_PAGE_PARAMETERS, operation
from campaigns.api.serializers.creative_group import CreativeGroupIn, CreativeGroupOut
from campaigns.hierarchy.creative_groups import (
    attach_targets,
    create_group,
    delete_group,
    get_group,
    groups_of,
    update_group,
)
from campaigns.hierarchy.line_items import get_line_item


class CreativeGroups(ManagementView):
    """The creative groups of a container."""

    @operation(
        "Get all creative groups in a container",
        member="creative_groups",
        answer=CreativeGroupOut,
        many=True,
        parameters=NESTED_PAGE_PARAMETERS,
    )
    def get(self, _request: Request, line_item_id: int, **_: object) -> HttpResponse:
        """The living groups, newest first."""
        line_item = get_line_item(organization=self.organization, line_item_id=line_item_id)
        rows, pagination = self.page(whole=True).rows_of(groups_of(organization=self.organization, line_item=line_item))
        return self.answer(
            creative_groups=CreativeGroupOut(attach_targets(rows), many=True).data, pagination=pagination
        )

    @operation(
        "Create a creative group in a container",
        member="creative_groups",
        answer=CreativeGroupOut,
        many=True,
        request=("creative_group", CreativeGroupIn),
    )
    def post(self, _request: Request, line_item_id: int, **_: object) -> HttpResponse:
        """Make a creative group."""
        attributes = self.object_of(CreativeGroupIn, "creative_group")
        group = create_group(organization=self.organization, line_item_id=line_item_id, attributes=attributes)
        return self.answer(creative_groups=[CreativeGroupOut(group).data])


class CreativeGroup(ManagementView):
    """One creative group."""

    @operation("Get a creative group in a container", member="creative_groups", answer=CreativeGroupOut, many=True)
    def get(self, _request: Request, creative_group_id: int, **_: object) -> HttpResponse:
        """One group, in an array."""
        group = get_group(organization=self.organization, group_id=creative_group_id)
        return self.answer(creative_groups=[CreativeGroupOut(group).data])

    @operation(
        "Update a creative group in a container",
        member="creative_groups",
        answer=CreativeGroupOut,
        many=True,
        request=("creative_group", CreativeGroupIn),
    )
    def put(self, _request: Request, creative_group_id: int, **_: object) -> HttpResponse:
        """Change the attributes that are present."""
        changes = self.changes_of(
            CreativeGroupIn,
            "creative_group",
            lambda: CreativeGroupOut(get_group(organization=self.organization, group_id=creative_group_id)).data,
        )
        group = update_group(organization=self.organization, group_id=creative_group_id, changes=changes)
        return self.answer(creative_groups=[CreativeGroupOut(group).data])

    @operation("Delete a creative group from a container", member="creative_group", answer=CreativeGroupOut)
    def delete(self, _request: Request, creative_group_id: int, **_: object) -> HttpResponse:
        """Take a group and its creative out of every read."""
        group = delete_group(organization=self.organization, group_id=creative_group_id, now=timezone.now())
        return self.answer(creative_group=CreativeGroupOut(group).data)
