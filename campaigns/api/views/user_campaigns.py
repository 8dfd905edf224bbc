"""Campaigns of one customer, and completing them (contract 1, Performing Campaign Domain Actions, version 2)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from campaigns.api.bodies import read_body
from campaigns.api.documentation import PAGE_PARAMETERS, operation
from campaigns.api.serializers.user_campaign import PerformIn, UserCampaignOut
from campaigns.api.views.users import UserView
from campaigns.hierarchy.campaigns import get_campaign, get_campaign_by_permalink
from campaigns.models import AdCampaign
from campaigns.user_campaigns.complete import complete_campaign
from campaigns.user_campaigns.find import (
    Eligibility,
    Section,
    customer_campaigns,
    find_campaign_statuses,
    get_customer_campaign,
)
from customers.errors import DomainError, ErrorCollector, ErrorKind
from customers.models import Customer

CREATIVES = ("promotion", "tile")
COMPLETE = "complete_campaign"
SECTIONS = tuple(section.value for section in Section if section is not Section.CREATIVES)
# Many more than there are, for what is said twice.
MAXIMUM_WORDS = 100
CHOICES: dict[str, tuple[str, ...]] = {
    "sections[]": SECTIONS,
    "filters[]": tuple(Eligibility),
    "creatives[]": CREATIVES,
}
PARAMETERS = [OpenApiParameter(name, str, many=True, enum=words) for name, words in CHOICES.items()]
LIST: dict[str, Any] = {
    "member": "campaigns",
    "answer": UserCampaignOut,
    "many": True,
    "parameters": [*PAGE_PARAMETERS, *PARAMETERS],
}


class Asked:
    """What `sections[]`, `filters[]` and `creatives[]` ask for; each may come several times, or joined by commas."""

    def __init__(self, query: Any) -> None:
        errors = ErrorCollector()
        words: dict[str, list[str]] = {}
        for name, choices in CHOICES.items():
            given = ",".join([*query.getlist(name), *query.getlist(name.removesuffix("[]"))]).split(",")
            words[name] = [word.strip() for word in given if word.strip()]
            if len(words[name]) > MAXIMUM_WORDS:
                errors.add(name, f"At most {MAXIMUM_WORDS} words are allowed.", ErrorKind.UNKNOWN_ATTRIBUTE)
            elif set(words[name]) - set(choices):
                errors.add(name, f"Some of {', '.join(choices)} are expected.", ErrorKind.UNKNOWN_ATTRIBUTE)
        errors.raise_if_any()
        self.creatives = frozenset(words["creatives[]"])
        self.which = [Eligibility(word) for word in words["filters[]"]] or [Eligibility.ELIGIBLE]
        creatives = [Section.CREATIVES] if self.creatives else []
        self.sections: Collection[Section] = {*(Section(word) for word in words["sections[]"]), *creatives}

    def context(self, now: datetime) -> dict[str, object]:
        """For the serializer."""
        return {"now": now, "sections": self.sections, "creatives": self.creatives}


class UserCampaigns(UserView):
    """The active campaigns of a customer."""

    @operation("Get all campaigns of a user", **LIST)
    def get(self, request: Request, **_: object) -> HttpResponse:
        """Those that the customer is eligible for, unless `filters[]` asks for others; the newest first."""
        asked, page, now = Asked(request.query_params), self.page(), timezone.now()

        def answer(customer: Customer) -> HttpResponse:
            whose: dict[str, Any] = {"organization": self.organization, "customer": customer, "now": now}
            statuses = find_campaign_statuses(which=asked.which, **whose)
            keys, pagination = page.items_of(list(statuses))
            shown = {key: statuses[key] for key in keys}
            found = customer_campaigns(statuses=shown, sections=asked.sections, **whose)
            rows = UserCampaignOut(found, many=True, context=asked.context(now)).data
            return self.answer(campaigns=rows, pagination=pagination)

        return self.answer_of(answer)


class ExternalUserCampaigns(UserCampaigns):
    """The same by the customer's external id; a list's operation has a name of its own in the API's description."""

    @operation("Get all campaigns of a user by external ID", **LIST)
    def get(self, request: Request, **names: object) -> HttpResponse:
        """The same."""
        answer: HttpResponse = super().get(request, **names)
        return answer


class UserCampaignView(UserView):
    """What the endpoints of one campaign of one customer share."""

    def campaign(self) -> AdCampaign:
        """The campaign of the path's id or permalink; DomainError `not_found`."""
        if "permalink" in self.kwargs:
            return get_campaign_by_permalink(organization=self.organization, permalink=self.kwargs["permalink"])
        return get_campaign(organization=self.organization, campaign_id=self.kwargs["campaign_id"])

    def status(self, asked: Asked, campaign: AdCampaign, now: datetime) -> HttpResponse:
        """The answer: the campaign as it stands for the customer now."""

        def answer(customer: Customer) -> HttpResponse:
            found = get_customer_campaign(
                organization=self.organization,
                customer=customer,
                campaign=campaign,
                sections=asked.sections,
                now=now,
            )
            return self.answer(campaign=UserCampaignOut(found, context=asked.context(now)).data)

        return self.answer_of(answer)


class UserCampaign(UserCampaignView):
    """One campaign of a customer."""

    @operation("Get a campaign of a user", member="campaign", answer=UserCampaignOut, query=PARAMETERS)
    def get(self, request: Request, **_: object) -> HttpResponse:
        """The campaign, active or not, and whether the customer is eligible or not."""
        return self.status(Asked(request.query_params), self.campaign(), timezone.now())


class Performing(UserCampaignView):
    """Domain actions."""

    @operation(
        "Perform a campaign domain action",
        member="campaign",
        answer=UserCampaignOut,
        request=("", PerformIn),
        query=PARAMETERS,
    )
    def post(self, request: Request, **_: object) -> HttpResponse:
        """Complete the campaign for the customer."""
        asked, now = Asked(request.query_params), timezone.now()
        domain = read_body(PerformIn, self.body())["domain"]
        customer, campaign = self.customer(), self.campaign()
        if domain != COMPLETE:
            raise DomainError(ErrorKind.UNAVAILABLE, "not_available", "The domain is not known.")
        complete_campaign(organization=self.organization, campaign_id=campaign.pk, customer=customer, now=now)
        return self.status(asked, campaign, now)
