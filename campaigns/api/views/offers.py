"""Offers (contract 4, "offers"): what behaviors and messages give to customers."""

from django.http import HttpResponse
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.documentation import PAGE_PARAMETERS, operation
from campaigns.api.serializers.offer import OfferIn, OfferOut
from campaigns.offers.definitions import create_offer, get_offer, offers_of


class Offers(ManagementView):
    """All offers of the organization."""

    @operation("Get all offers", member="offers", answer=OfferOut, many=True, parameters=PAGE_PARAMETERS)
    def get(self, _request: Request, **_: object) -> HttpResponse:
        """The offers, newest first."""
        rows, pagination = self.page().rows_of(offers_of(organization=self.organization))
        return self.answer(offers=OfferOut(rows, many=True).data, pagination=pagination)

    @operation("Create an offer", member="offers", answer=OfferOut, many=True, request=("offer", OfferIn))
    def post(self, _request: Request, **_: object) -> HttpResponse:
        """Make an offer."""
        attributes = self.object_of(OfferIn, "offer")
        offer = create_offer(organization=self.organization, attributes=attributes)
        return self.answer(offers=[OfferOut(offer).data])


class OfferDetail(ManagementView):
    """One offer."""

    @operation("Get an offer", member="offers", answer=OfferOut, many=True)
    def get(self, _request: Request, offer_id: int, **_: object) -> HttpResponse:
        """One offer, in an array."""
        offer = get_offer(organization=self.organization, offer_id=offer_id)
        return self.answer(offers=[OfferOut(offer).data])
