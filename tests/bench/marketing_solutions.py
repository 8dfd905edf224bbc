"""The marketing solutions dialect: what a portfolio tool calls all day."""

import json
from dataclasses import replace
from typing import Any

from django.db import connection, transaction

from customers.applications.applications import create_application
from customers.organizations.organizations import get_or_create_organization
from marketing_solutions.models import Advertiser, Portfolio
from marketing_solutions.models.advertiser import Feature
from marketing_solutions.oauth import SCOPES, issue_token
from tests.bench.database import settle
from tests.bench.harness import Scenario, answer_of, require_same_answers, statements_of
from tests.bench.portfolio_rows import make_campaigns
from tests.bench.requests import Request, RunFailedError

CAMPAIGNS = 100_000
# The advertiser that is searched for has 20 of them, the one whose limits are changed 1 000, another one 10 000.
FEW, SOME, MANY = 20, 1_000, 10_000
PATH = "/marketing-solutions/campaigns"
GOOD = '{"data":'
# What `scenarios` returns: known before any data is made.
NAMES = (
    "GET a bought campaign",
    "search 20 of 100 000",
    "search a portfolio of 10 000",
    "update 1 000 campaigns, 10 % invalid",
)


def scenarios() -> list[Scenario]:
    """Make 100 000 campaigns, check that both ways of updating do the same, and describe what is measured."""
    with transaction.atomic():
        organization = get_or_create_organization(name="Bench of advertisers")
        application, _ = create_application(organization=organization, name="Bench")
        few, some, many, others = (
            Advertiser.objects.create(organization=organization, name=name, features=[Feature.SPEND_LIMIT_UPDATE])
            for name in ("few", "some", "many", "others")
        )
        for advertiser in (few, some, others):
            _add(application, advertiser)
        whole, _ = create_application(organization=organization, name="Bench of a whole portfolio")
        _add(whole, many)
        ids = _spread(organization, {few.pk: FEW, some.pk: SOME, many.pk: MANY}, others.pk)
    settle()
    call = Request(PATH, authorization=_bearer(application), good=GOOD)
    one = replace(call, path=f"{PATH}/{ids[few.pk][0]}")
    search = replace(call, path=f"{PATH}/search", method="POST", body=_filters(few.pk))
    everything = replace(
        call, path=f"{PATH}/search", method="POST", body="{}", authorization=_bearer(whole), good='{"data":['
    )
    return [
        Scenario("GET a bought campaign", one, goal=0.15, queries=statements_of(one)),
        Scenario("search 20 of 100 000", search, goal=0.08, queries=statements_of(search)),
        _everything(everything),
        _updates(call, ids[some.pk]),
    ]


def _everything(request: Request) -> Scenario:
    naive = replace(request, path="/marketing-solutions/naive/search")
    require_same_answers(request, naive)
    name = "search a portfolio of 10 000"
    queries = statements_of(request)
    return Scenario(name, request, None, None, naive, "models, all at once", queries=queries, alone=True)


def _updates(call: Request, ids: list[int]) -> Scenario:
    request = replace(call, method="PATCH", body=_entries(ids))
    naive = replace(request, path="/marketing-solutions/naive")
    ours, theirs = (json.loads(answer_of(each).content) for each in (request, naive))
    places = [[problem["instance"] for problem in each["errors"]] for each in (ours, theirs)]
    if ours["data"] != theirs["data"] or places[0] != places[1] or len(places[0]) != SOME // 10:
        raise RunFailedError("the two ways to update answer differently")
    name = "update 1 000 campaigns, 10 % invalid"
    return Scenario(name, request, 25, None, naive, "row by row", queries=statements_of(request), alone=True)


def _entries(ids: list[int]) -> str:
    return json.dumps(
        {
            "data": [
                {
                    "type": "Campaign",
                    "id": str(campaign_id),
                    "attributes": {
                        "spendLimit": {
                            "spendLimitRenewal": "daily",
                            "spendLimitType": "capped",
                            "spendLimitAmount": -9000 if place % 10 == 9 else 123.45 + place,
                        }
                    },
                }
                for place, campaign_id in enumerate(ids)
            ]
        }
    )


def _filters(advertiser_id: int) -> str:
    return json.dumps({"filters": {"advertiserIds": [str(advertiser_id)]}})


def _bearer(application: Any) -> str:
    return f"Bearer {issue_token(application=application, scopes=list(SCOPES))}"


def _add(application: Any, advertiser: Advertiser) -> None:
    Portfolio.objects.create(
        organization=advertiser.organization, application=application, advertiser=advertiser, may_manage=True
    )


def _spread(organization: Any, shares: dict[int, int], rest: int) -> dict[int, list[int]]:
    """All campaigns for `rest`, then some of them, spread over the whole table, for each of `shares`."""
    free = make_campaigns(organization, [rest], CAMPAIGNS)
    given: dict[int, list[int]] = {}
    for advertiser_id, number in shares.items():
        step = len(free) // number
        given[advertiser_id] = free[::step][:number]
        taken = set(given[advertiser_id])
        free = [campaign_id for campaign_id in free if campaign_id not in taken]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE marketing_solutions_advertisercampaign SET advertiser_id = %s WHERE campaign_id = ANY(%s)",
                [advertiser_id, given[advertiser_id]],
            )
    return given
