"""Customers, and the offers in their hands (contract 4, "users" and "redeem"), by either of a customer's ids."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.documentation import PAGE_PARAMETERS, operation
from campaigns.api.serializers.offer import IssuedOfferOut
from campaigns.api.serializers.user import UserOut
from campaigns.offers.definitions import issued_offers_of
from campaigns.offers.redemption import redeem_offer
from customers.customers.lookup import get_customer, get_customer_by_uuid, read_of_living
from customers.models import Customer

LIST: dict[str, Any] = {"member": "offers", "answer": IssuedOfferOut, "many": True, "parameters": PAGE_PARAMETERS}


class UserView(ManagementView):
    """What every endpoint of one customer shares; an id of a customer who was merged leads to the one they are now."""

    def customer(self) -> Customer:
        """The customer of the path's `user_id` or `external_id`; DomainError `not_found`."""
        if "user_id" in self.kwargs:
            return get_customer_by_uuid(organization=self.organization, user_id=self.kwargs["user_id"])
        return get_customer(organization=self.organization, customer_id=self.kwargs["external_id"])

    def answer_of(self, read: Callable[[Customer], HttpResponse]) -> HttpResponse:
        """The answer that `read` puts together of the path's customer."""
        return read_of_living(organization=self.organization, customer=self.customer(), read=read)


class User(UserView):
    """One customer."""

    @operation("Get a user", member="user", answer=UserOut)
    def get(self, _request: Request, **_: object) -> HttpResponse:
        """The customer's attributes, tags and points."""
        return self.answer(user=UserOut(self.customer()).data)


class UserOffers(UserView):
    """The offers in a customer's hands."""

    @operation("Get all offers of a user", **LIST)
    def get(self, _request: Request, **_: object) -> HttpResponse:
        """What the customer was issued, by behaviors and by messages, newest first."""
        page = self.page()

        def answer(customer: Customer) -> HttpResponse:
            rows, pagination = page.rows_of(issued_offers_of(organization=self.organization, customer=customer))
            context = {"now": timezone.now()}
            return self.answer(offers=IssuedOfferOut(rows, many=True, context=context).data, pagination=pagination)

        return self.answer_of(answer)


class ExternalUserOffers(UserOffers):
    """The same by the customer's external id; a list's operation has a name of its own in the API's description."""

    @operation("Get all offers of a user by external ID", **LIST)
    def get(self, request: Request, **names: object) -> HttpResponse:
        """The same."""
        answer: HttpResponse = super().get(request, **names)
        return answer


class Redemption(UserView):
    """An offer that a customer was given."""

    @operation("Redeem an offer", member="offer", answer=IssuedOfferOut)
    def post(self, _request: Request, issued_offer_id: int, **_: object) -> HttpResponse:
        """Redeem it; no body."""
        customer, now = self.customer(), timezone.now()
        issued = redeem_offer(
            organization=self.organization, customer=customer, issued_offer_id=issued_offer_id, now=now
        )
        return self.answer(offer=IssuedOfferOut(issued, context={"now": now}).data)
