"""What every request keeps to and every answer carries, on every kind of path."""

import json
from collections import Counter
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from campaigns.models import AdCampaign
from config.guards import MOST_HOSTS, own_requests
from tests.dialects.management.actor import Actor
from tests.dialects.marketing_solutions.actor import Buyer
from tests.dialects.trace.caller import decoded
from tests.factories import make_application

pytestmark = pytest.mark.django_db
OURS = "campaigns.example.org"
# One of each kind: an endpoint, a path that isn't there, a page, a script, a file.
PATHS = {
    "management": "/priv/v1/apps/abc/management/campaigns",
    "management, nothing": "/priv/nothing",
    "marketing solutions": "/marketing-solutions/campaigns/1",
    "marketing solutions, nothing": "/marketing-solutions/nothing",
    "token": "/oauth2/token",
    "trace": "/api/traces/trace",
    "trace, nothing": "/api/nothing",
    "funnel": "/api/campaigns/1/funnel",
    "unsubscribe": "/unsubscribe/nonsense",
    "admin": "/admin/login/",
    "docs": "/docs/",
    "docs' script": "/docs/?script",
    "browser client": "/sdk/javascript/prisma.js",
    "file": "/static/admin/css/base.css",
    "nothing": "/nothing",
    "alive": "/healthz",
    "ready": "/readyz",
}
HEALTH = {"alive", "ready"}


@pytest.mark.parametrize("what", PATHS)
def test_every_answer_has_the_security_headers(client: Client, what: str) -> None:
    answer = client.get(PATHS[what])
    answer.close()
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert "geolocation=()" in headers["Permissions-Policy"]
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] in {"'none'", "'self'"}
    assert "unsafe" not in policy.get("script-src", "")
    assert "unsafe" not in policy.get("style-src", "") or what in {"docs", "docs' script", "unsubscribe"}


@pytest.mark.parametrize("what", PATHS)
def test_another_host_is_refused_wherever_it_is_asked_for(client: Client, settings: Settings, what: str) -> None:
    settings.ALLOWED_HOSTS = [OURS]
    own = client.get(PATHS[what], HTTP_HOST=OURS)
    own.close()
    assert own.status_code != 400
    answer = client.get(PATHS[what], HTTP_HOST="evil.example")
    assert (answer.status_code == 400) == (what not in HEALTH), answer.status_code
    assert b"evil" not in answer.content
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_another_host_is_refused_in_the_dialects_shape(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = [OURS]
    actor, buyer = Actor.of(), Buyer.of()
    campaign = {"campaign": {"name": "For another host"}}
    assert actor.send("POST", "campaigns", campaign, Host="evil.example").json()["status"] == "error"
    errors = buyer.client.get("/marketing-solutions/campaigns/1", HTTP_HOST="evil.example").json()["errors"]
    assert errors[0]["code"] == "malformed-request"
    body = {"app-token": str(actor.application.app_token)}
    answer = actor.client.post("/api/traces/trace", body, content_type="application/json", HTTP_HOST="evil.example")
    assert decoded(answer)["error"]["code"] == "bad-request"
    assert not AdCampaign.objects.exists()


def test_hosts_are_remembered_up_to_a_bound_and_answered_beyond_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: Counter[str] = Counter()
    get_host = HttpRequest.get_host

    def counted(request: HttpRequest) -> str:
        checked[request.META["HTTP_HOST"]] += 1
        return get_host(request)

    settings.ALLOWED_HOSTS = [".example.org"]
    monkeypatch.setattr(HttpRequest, "get_host", counted)
    guard, times = own_requests(lambda _: HttpResponse()), 2
    hosts = [f"{number}.example.org" for number in range(MOST_HOSTS + 2)]
    for host in hosts * times:
        assert guard(RequestFactory().get("/docs/", headers={"host": host})).status_code == 200
    assert checked == dict.fromkeys(hosts[:MOST_HOSTS], 1) | dict.fromkeys(hosts[MOST_HOSTS:], times)


# What browsers send of a page elsewhere, of our own, and what no browser sends.
FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
    {"Origin": "https://testserver.evil.example"},
    {"Origin": "https://evil.example/testserver"},
    {"Origin": "http://testserver:8000"},
    {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
]
OWN: list[dict[str, str]] = [
    {},
    {"Origin": "http://testserver"},
    {"Origin": "https://testserver"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://campaigns.example.org", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://staff.example.org"},
]


@pytest.fixture(autouse=True)
def _origins_of_ours(settings: Settings) -> None:
    settings.BASE_URL = "https://campaigns.example.org/"
    settings.CSRF_TRUSTED_ORIGINS = ["https://staff.example.org"]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("content_type", ["text/plain", "application/json"])
def test_what_a_page_elsewhere_sends_makes_no_campaign(headers: dict[str, str], content_type: str) -> None:
    actor = Actor.of()
    body = json.dumps({"campaign": {"name": "Forged"}})
    sent = {"Authorization": actor.authorization, **headers}
    answer: Any = actor.client.generic("POST", actor.url("campaigns"), body, content_type=content_type, headers=sent)
    assert (answer.status_code, answer.json()["status"]) == (403, "error")
    assert answer.json()["errors"]["code"] == "access_denied"
    assert not AdCampaign.objects.exists()
    for method in ("GET", "PUT", "DELETE"):
        assert actor.send(method, "campaigns/1", **headers).status_code == 403
    users = f"/priv/v1/apps/{actor.application.api_key}/users/1"
    assert actor.send("GET", users, **headers).status_code == 403


@pytest.mark.parametrize("headers", OWN)
def test_what_our_own_pages_and_programs_send_is_taken(headers: dict[str, str]) -> None:
    actor = Actor.of()
    dates = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z"}
    answer = actor.send("POST", "campaigns", {"campaign": {"name": "Ours", **dates}}, **headers)
    assert answer.json()["status"] == "ok", answer.json()
    assert AdCampaign.objects.count() == 1


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_elsewhere_gets_no_token(headers: dict[str, str]) -> None:
    buyer = Buyer.of()
    answer = buyer.ask_token({"grant_type": "client_credentials"}, Authorization=buyer.basic(), **headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


def test_pages_of_shops_go_on_calling_the_trace_dialect() -> None:
    application = make_application().application
    application.allowed_origins = ["https://shop.example"]
    application.save()
    body = json.dumps({"app-token": str(application.app_token)})
    headers = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    answer = Client().post("/api/traces/trace", body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, "https://shop.example")
