"""`manage.py create_application` prints all that a client of each dialect needs to begin."""

from io import StringIO
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from customers.models import Application
from customers.models.application import Platform
from marketing_solutions.models import Advertiser
from tests.dialects.management.actor import basic

pytestmark = pytest.mark.django_db


def _create(*more: str, organization: str = "My company", name: str = "My client") -> dict[str, str]:
    out = StringIO()
    arguments = ["--organization", organization, "--name", name, *more]
    call_command("create_application", *arguments, stdout=out, stderr=StringIO())
    return dict(line.split("=", 1) for line in out.getvalue().splitlines())


def test_what_it_prints_opens_every_dialect() -> None:
    printed = _create()
    client, key = Client(), printed["API_KEY"]
    headers = {"Authorization": basic(key, printed["API_SECRET"])}
    assert client.get(f"/priv/v1/apps/{key}/management/campaigns", headers=headers).json()["status"] == "ok"
    body = {"app-token": printed["APP_TOKEN"], "customer-id": "51"}
    traced = client.post("/api/traces/trace", body, content_type="application/json")
    assert traced.status_code == 200
    named = {"app-token": printed["APP_TOKEN"], "customer": {"id": "51"}}
    assert client.post("/api/customers/", named, content_type="application/json").status_code == 200
    grant = {"grant_type": "client_credentials", "client_id": key, "client_secret": printed["API_SECRET"]}
    answer = client.post("/oauth2/token", urlencode(grant), content_type="application/x-www-form-urlencoded")
    token = answer.json()["access_token"]
    attributes = {
        "name": "First",
        "goal": "Acquisition",
        "advertiserId": printed["ADVERTISER_ID"],
        "spendLimit": {"spendLimitType": "uncapped"},
    }
    made = client.post(
        "/marketing-solutions/campaigns",
        {"data": {"type": "Campaign", "attributes": attributes}},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert made.status_code == 201
    assert printed["BASE_URL"].startswith("http")


def test_platforms_are_all_unless_told_otherwise_and_one_advertiser_is_shared() -> None:
    first = _create()
    second = _create("--platform", "web", "--platform", "ios", name="Shop")
    platforms = dict(Application.objects.values_list("api_key", "platforms"))
    assert platforms[first["API_KEY"]] == Platform.values
    assert platforms[second["API_KEY"]] == ["web", "ios"]
    assert first["ADVERTISER_ID"] == second["ADVERTISER_ID"] == str(Advertiser.objects.get(name="My company").pk)


def test_a_taken_name_is_told_and_leaves_nothing() -> None:
    _create()
    with pytest.raises(CommandError):
        _create()
    assert (Application.objects.count(), Advertiser.objects.count()) == (1, 1)
