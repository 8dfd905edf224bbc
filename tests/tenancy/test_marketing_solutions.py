"""No answer of this dialect shows or changes a row outside the caller's portfolio."""

import re
from typing import Any

import pytest

from campaigns.models import AdCampaign, SpendLimit
from marketing_solutions.models import AdvertiserCampaign
from tests.dialects.marketing_solutions.actor import Buyer, new_campaign, update

NOBODYS = 10**15
VERSIONS = [None, "preview", "2023-07", "2024-01", "2027-01"]


def told(answer: Any, campaign_id: int) -> str:
    """An answer without what differs in any case: the trace and the id that was asked for."""
    body = answer.json()
    for problem in [*body["errors"], *body.get("warnings", [])]:
        problem.pop("traceIdentifier")
        problem.pop("traceId", None)
    # As a number of its own: "2" is also a part of "2023-07", which the address of an error says.
    return f"{answer.status_code} " + re.sub(rf"(?<![-\w]){campaign_id}(?![-\w])", "ID", str(body))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("whose", ["another organization's", "a colleague's"])
def test_what_is_not_in_the_portfolio_does_not_exist(db: None, version: str | None, whose: str) -> None:  # noqa: ARG001
    buyer = Buyer.of()
    other = Buyer.of(buyer.organization if whose == "a colleague's" else None)
    theirs, nobodys = other.campaign().pk, NOBODYS
    before = list(SpendLimit.objects.values()), list(AdvertiserCampaign.objects.values())
    asked = [
        [
            buyer.get(each, version=version),
            buyer.search({"filters": {"campaignIds": [each]}}, version=version),
            buyer.patch(update(each, amount=5), version=version),
            buyer.patch({"id": each, "attributes": {"name": "x"}}, version=version),
        ]
        for each in (theirs, nobodys)
    ]
    for of_theirs, of_nobodys in zip(*asked, strict=True):
        assert told(of_theirs, theirs) == told(of_nobodys, nobodys)
    for advertiser in (other.advertiser.pk, NOBODYS):
        assert buyer.create(new_campaign(advertiser), version=version).status_code == 403
        assert buyer.search({"filters": {"advertiserIds": [advertiser]}}, version=version).json()["data"] == []
    assert buyer.search(version=version).json()["data"] == []
    assert (list(SpendLimit.objects.values()), list(AdvertiserCampaign.objects.values())) == before
    assert AdCampaign.objects.count() == 1
