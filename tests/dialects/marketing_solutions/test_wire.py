"""The forms of answers by path, and paths that there are not (contract 4, section B "paths", "versioned wire")."""

from typing import Any

import pytest
from django.test import Client

from tests.dialects.marketing_solutions.actor import Buyer, new_campaign, update
from tests.dialects.marketing_solutions.expected import refusal, results
from tests.dialects.marketing_solutions.portfolios import UNCAPPED, limit_of

VERSIONS = ["preview", "2023-07", "2024-01", "2027-01"]
READ_GOAL = {"preview": "retention", "2023-07": "Retention", "2024-01": "retention", "2027-01": "retention"}


def shape(amount: float | None = 123.45) -> dict[str, Any]:
    """The limit on a versioned path."""
    capped = amount is not None
    return {
        "spendLimitType": "capped" if capped else "uncapped",
        "spendLimitRenewal": "daily" if capped else "undefined",
        "spendLimitAmount": {"value": amount} if capped else None,
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_create_search_and_get_answer_in_the_form_of_their_path(buyer: Buyer, version: str) -> None:
    created = buyer.create(new_campaign(str(buyer.advertiser.pk)), version=version)
    assert created.status_code == 201
    expected = {"name": "My Campaign", "advertiserId": str(buyer.advertiser.pk), "spendLimit": shape()}
    data = created.json()["data"]
    assert data["attributes"] == expected | {"goal": "retention"}
    read = {"type": "Campaign", "id": data["id"], "attributes": expected | {"goal": READ_GOAL[version]}}
    assert buyer.get(data["id"], version=version).json() == {"data": read, "errors": []}
    assert buyer.search({}, version=version).json() == {"data": [read], "errors": []}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_uncapped_campaign_has_null_and_undefined(buyer: Buyer, version: str) -> None:
    campaign = buyer.campaign(limit=UNCAPPED, goal="unspecified")
    attributes = buyer.get(campaign.pk, version=version).json()["data"]["attributes"]
    assert attributes["spendLimit"] == shape(None)
    assert attributes["goal"] == ("Unspecified" if version == "2023-07" else "unspecified")
    assert buyer.get(campaign.pk).json()["data"]["attributes"]["goal"] == "Unspecified"


@pytest.mark.parametrize("version", [None, *VERSIONS])
@pytest.mark.parametrize("amount", [50.5, {"value": 50.5}])
def test_both_forms_of_an_amount_are_accepted_on_every_path(buyer: Buyer, version: str | None, amount: object) -> None:
    campaign = buyer.campaign()
    assert results(buyer.patch(update(campaign.pk, amount=amount), version=version))[1] == {}
    assert limit_of(campaign) == ("capped", "daily", "50.50")
    limit = {"spendLimitType": "capped", "spendLimitRenewal": "monthly", "spendLimitAmount": amount}
    body = new_campaign(buyer.advertiser.pk, spendLimit=limit)
    assert buyer.create(body, version=version).status_code == 201


@pytest.mark.parametrize("version", VERSIONS)
def test_errors_of_versioned_paths_carry_their_trace_twice(buyer: Buyer, version: str) -> None:
    assert refusal(buyer.get(5, version=version), 404, "validation", "campaign-not-found") == []
    _, errors, _ = results(buyer.patch({"id": "5"}, version=version))
    assert errors == {0: "campaign-not-found"}


@pytest.mark.parametrize("version", ["2022-01", "v1", "latest", "2023-07x"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("rest", ["", "/", "/campaigns", "/campaigns/search", "/anything/else"])
def test_an_unknown_version_is_gone(version: str, method: str, rest: str) -> None:
    answer = Client(enforce_csrf_checks=True).generic(method, f"/{version}/marketing-solutions{rest}", b"{}")
    assert refusal(answer, 410, "deprecation", "unknown-api-version") == []


@pytest.mark.parametrize(
    "path",
    [
        "/marketing-solutions/ad-sets",
        "/marketing-solutions/",
        "/marketing-solutions/campaigns/",
        "/marketing-solutions/campaigns/1/2",
        "/2023-07/audiences",
        "/2023-07/marketing-solutions/nothing",
        "/oauth2/authorize",
    ],
)
def test_a_path_that_no_endpoint_has_is_404(client: Client, path: str) -> None:
    assert refusal(client.post(path), 404, "validation", "endpoint-not-found") == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("DELETE", ""), ("PUT", "/1"), ("PATCH", "/1"), ("OPTIONS", ""), ("PATCH", "/search")],
)
def test_a_method_that_the_endpoint_lacks_is_405(buyer: Buyer, method: str, path: str) -> None:
    answer = buyer.send(method, path)
    assert refusal(answer, 405, "validation", "method-not-allowed") == []
    assert answer["Allow"]


def test_a_host_that_is_not_ours(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["example.com"]
    answer = client.get("/marketing-solutions/campaigns/1", headers={"host": "elsewhere.example"})
    assert answer.status_code in {400, 401}
    assert "errors" in answer.json()


def test_the_endpoints_are_described(client: Client) -> None:
    paths = client.get("/schema/?format=json").json()["paths"]
    assert paths["/marketing-solutions/campaigns"].keys() == {"post", "patch"}
    assert paths["/marketing-solutions/campaigns/search"].keys() == {"post"}
    assert paths["/marketing-solutions/campaigns/{campaign_id}"].keys() == {"get"}
    assert not [path for path in paths if "{version}" in path], "the versions' endpoints are the same: described once"
    assert "application/x-www-form-urlencoded" in paths["/oauth2/token"]["post"]["requestBody"]["content"]
