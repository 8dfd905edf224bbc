"""Creatives (contract 1, Managing Creatives)."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.documentation import NESTED_PAGE_PARAMETERS, operation
from campaigns.api.serializers.creative import CREATIVE_IN, CreativeOut, creative_in, flatten
from campaigns.hierarchy.creative_groups import get_group
from campaigns.hierarchy.creatives import create_creative, creatives_of, delete_creative, get_creative, update_creative

DOCUMENTED_IN = ("creative", *CREATIVE_IN.values())


class Creatives(ManagementView):
    """The creatives of a group."""

    @operation(
        "Get all creatives for a group",
        member="creatives",
        answer=CreativeOut,
        many=True,
        parameters=NESTED_PAGE_PARAMETERS,
    )
    def get(self, _request: Request, creative_group_id: int, **_: object) -> HttpResponse:
        """The living creative, if there is one."""
        group = get_group(organization=self.organization, group_id=creative_group_id)
        rows, pagination = self.page(whole=True).rows_of(creatives_of(organization=self.organization, group=group))
        return self.answer(creatives=CreativeOut(rows, many=True).data, pagination=pagination)

    @operation(
        "Create a creative for a group",
        member="creatives",
        answer=CreativeOut,
        many=True,
        request=DOCUMENTED_IN,
    )
    def post(self, _request: Request, creative_group_id: int, **_: object) -> HttpResponse:
        """Make the creative of a group."""
        attributes = self.object_of(creative_in(self.body()), "creative")
        creative = create_creative(
            organization=self.organization,
            application=self.application,
            group_id=creative_group_id,
            attributes=flatten(attributes),
        )
        return self.answer(creatives=[CreativeOut(creative).data])


class Creative(ManagementView):
    """One creative."""

    @operation("Get a creative for a group", member="creatives", answer=CreativeOut, many=True)
    def get(self, _request: Request, creative_id: int, **_: object) -> HttpResponse:
        """One creative, in an array."""
        creative = get_creative(organization=self.organization, creative_id=creative_id)
        return self.answer(creatives=[CreativeOut(creative).data])

    @operation(
        "Update a creative for a group",
        member="creatives",
        answer=CreativeOut,
        many=True,
        request=DOCUMENTED_IN,
    )
    def put(self, _request: Request, creative_id: int, **_: object) -> HttpResponse:
        """Change the attributes and the members of the message that are present."""
        creative = get_creative(organization=self.organization, creative_id=creative_id)
        kind = creative_in(self.body(), creative.ad_type)
        changes = self.changes_of(kind, "creative", lambda: CreativeOut(creative).data)
        creative = update_creative(organization=self.organization, creative_id=creative_id, changes=flatten(changes))
        return self.answer(creatives=[CreativeOut(creative).data])

    @operation("Delete a creative from a group", member="creatives", answer=CreativeOut, many=True)
    def delete(self, _request: Request, creative_id: int, **_: object) -> HttpResponse:
        """Take a creative out of every read."""
        creative = delete_creative(organization=self.organization, creative_id=creative_id, now=timezone.now())
        return self.answer(creatives=[CreativeOut(creative).data])
