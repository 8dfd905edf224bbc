"""Previews of audiences, and deliveries (contract 4, section A: audience preview, delivery of a creative)."""

from collections.abc import Mapping
from typing import Any

from django.core.files.storage import storages
from django.http import FileResponse, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.documentation import PAGE_PARAMETERS, ErrorOut, operation
from campaigns.api.serializers.delivery import AudienceOut, DeliveryOut
from campaigns.delivery.preview import preview_of_campaign, preview_of_creative, preview_of_group
from campaigns.hierarchy.creatives import get_delivery_of_creative
from campaigns.models.delivery import DeliveryState
from campaigns.schedule.deliveries import deliveries_of
from customers.errors import DomainError, ErrorKind, not_found

STATE = OpenApiParameter("state", str, enum=DeliveryState.values, description="Only deliveries in this state.")


class CampaignAudience(ManagementView):
    """Who a campaign is for."""

    @operation("Preview the audience of a campaign", member="audience", answer=AudienceOut)
    def post(self, _request: Request, campaign_id: int, **_: object) -> HttpResponse:
        """Count, and write nothing."""
        preview = preview_of_campaign(organization=self.organization, campaign_id=campaign_id, now=timezone.now())
        return self.answer(audience=AudienceOut(preview).data)


class CreativeGroupAudience(ManagementView):
    """Who a creative group is for."""

    @operation("Preview the audience of a creative group", member="audience", answer=AudienceOut)
    def post(self, _request: Request, creative_group_id: int, **_: object) -> HttpResponse:
        """Count, and write nothing."""
        preview = preview_of_group(organization=self.organization, group_id=creative_group_id, now=timezone.now())
        return self.answer(audience=AudienceOut(preview).data)


class CreativeAudience(ManagementView):
    """Who a creative would be delivered to."""

    @operation("Preview the audience of a creative", member="audience", answer=AudienceOut)
    def post(self, _request: Request, creative_id: int, **_: object) -> HttpResponse:
        """Count, and write nothing."""
        preview = preview_of_creative(organization=self.organization, creative_id=creative_id, now=timezone.now())
        return self.answer(audience=AudienceOut(preview).data)


class CreativeDelivery(ManagementView):
    """The newest delivery of a creative."""

    @operation("Get the delivery of a creative", member="delivery", answer=DeliveryOut)
    def get(self, _request: Request, creative_id: int, **_: object) -> HttpResponse:
        """Its state, counts, times, error and file."""
        delivery = get_delivery_of_creative(organization=self.organization, creative_id=creative_id)
        return self.answer(delivery=DeliveryOut(delivery, context={"api_key": self.application.api_key}).data)


class CreativeDeliveryFile(ManagementView):
    """The file of a creative's newest delivery."""

    @extend_schema(
        summary="Download the file of a creative's delivery",
        tags=["management"],
        responses={(200, "text/csv"): OpenApiTypes.BINARY, **dict.fromkeys((401, 404, 405), ErrorOut)},
    )
    def get(self, _request: Request, creative_id: int, **_: object) -> Any:
        """The file, piece by piece."""
        delivery = get_delivery_of_creative(organization=self.organization, creative_id=creative_id)
        if (
            not delivery.file_name
            or delivery.file_url
            or delivery.file_removed_at
            or not storages["audiences"].exists(delivery.file_name)
        ):
            raise not_found("File")
        file = storages["audiences"].open(delivery.file_name)
        name = delivery.file_name.rpartition("/")[2]
        return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")


class Deliveries(ManagementView):
    """All deliveries of the organization."""

    @operation(
        "Get all deliveries", member="deliveries", answer=DeliveryOut, many=True, parameters=[*PAGE_PARAMETERS, STATE]
    )
    def get(self, request: Request, **_: object) -> HttpResponse:
        """The deliveries, newest first."""
        found = deliveries_of(organization=self.organization, state=_state_of(request.query_params))
        rows, pagination = self.page().rows_of(found)
        context = {"api_key": self.application.api_key}
        return self.answer(deliveries=DeliveryOut(rows, many=True, context=context).data, pagination=pagination)


def _state_of(query: Mapping[str, str]) -> str | None:
    state = query.get("state") or None
    if state is not None and state not in DeliveryState.values:
        sentence = f"One of {', '.join(DeliveryState.values)} is expected."
        raise DomainError(
            ErrorKind.UNKNOWN_ATTRIBUTE, "argument_error", "Wrong arguments.", fields={"state": [sentence]}
        )
    return state
