"""Neighbours of the server: pages of other origins, other hosts, guessers of passwords."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from axes.models import AccessAttempt

from campaigns.models import AdCampaign
from customers.models import Operator
from tests.abuse.browser import FORM, LOGIN, Browser
from tests.abuse.server import Server
from tests.abuse.world import PASSWORD, Abused

PATHS = (
    "/admin/login/",
    "/docs/",
    "/nothing",
    "/priv/nothing",
    "/api/nothing",
    "/marketing-solutions/nothing",
    "/schema/",
    "/sdk/javascript/prisma.js",
    "/static/admin/css/base.css",
    "/api/campaigns/1/funnel",
    "/oauth2/token",
    "/readyz",
    "/healthz",
)
HEALTH = {"/readyz", "/healthz"}
# Answered 400 anyhow: a funnel without a visit.
NO_PATHS: set[str] = set()
CAREFUL = ("Content-Security-Policy", "Permissions-Policy", "Referrer-Policy", "X-Content-Type-Options")


def _basic(abused: Abused) -> str:
    return "Basic " + base64.b64encode(f"{abused.api_key}:{abused.api_secret}".encode()).decode()


def _campaigns(server: Server) -> int:
    with server.database():
        return AdCampaign.objects.count()


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_page_elsewhere_makes_no_campaign_with_a_browsers_credentials(
    server: Server, abused: Abused, said: dict[str, str]
) -> None:
    before = _campaigns(server)
    headers = {"Authorization": _basic(abused), "Content-Type": "text/plain", **said}
    body = json.dumps({"campaign": {"name": "Forged"}})
    answer = server.ask("POST", f"{abused.management}/campaigns", body=body, headers=headers)
    assert (answer.status, answer.json()["errors"]["code"]) == (403, "access_denied")
    token = server.ask("POST", "/oauth2/token", body="grant_type=client_credentials", headers=headers)
    assert (token.status, token.json()["error"]) == (403, "access_denied")
    assert _campaigns(server) == before


@pytest.mark.parametrize("path", PATHS)
def test_another_host_is_refused_and_every_answer_is_careful(server: Server, path: str) -> None:
    for host in ("127.0.0.1", "evil.example"):
        answer = server.ask("GET", path, headers={"Host": host})
        is_refused = answer.status == 400 and path not in NO_PATHS
        assert is_refused == (host != "127.0.0.1" and path not in HEALTH), (host, answer.status)
        assert _is_careful(answer), host
        assert b"evil" not in answer.data


def test_answers_that_no_page_gives_are_careful(server: Server, abused: Abused) -> None:
    """Of the door, of streams, of preflights, and of who has logged in."""
    multipart = {"Content-Type": "multipart/form-data; boundary=x"}
    for path in ("/", "/api/x", "/priv/x", "/marketing-solutions/x"):
        assert _is_careful(server.ask("POST", path, body=b"x", headers=multipart)), path
    basic = {"Authorization": f"Basic {abused.basic}"}
    file = server.ask("GET", abused.file_path, headers=basic, preload_content=False)
    assert file.status == 200
    assert _is_careful(file)
    file.close()
    search = "/marketing-solutions/campaigns/search"
    assert _is_careful(server.ask("POST", search, body=b"{}", headers={"Authorization": abused.bearer}))
    assert _is_careful(server.ask("OPTIONS", "/api/traces/trace", headers={"Origin": "https://evil.example"}))
    assert _is_careful(Browser(server, abused.operator).get("/admin/campaigns/adcampaign/"))


def test_hsts_is_for_this_host_alone(server: Server) -> None:
    answer = server.ask("GET", LOGIN, headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Secure" in answer.headers["Set-Cookie"]


def _is_careful(answer: Any) -> bool:
    return all(answer.headers.get(name) for name in CAREFUL)


def _attempt(server: Server, page: Any, username: str, password: str, **headers: str) -> int:
    """One attempt with the page's token, as a browser sends it."""
    cookie = page.headers["Set-Cookie"].split(";")[0]
    token = page.data.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    body = urlencode({"csrfmiddlewaretoken": token, "username": username, "password": password})
    sent = {"Cookie": cookie, "Content-Type": FORM}
    return server.status("POST", LOGIN, body=body, headers=sent | headers)


@pytest.fixture
def guessed(server: Server) -> Iterator[str]:
    """An operator of these tests' own, so that nobody else waits."""
    with server.database():
        made = Operator.objects.create_superuser("guessed", password=PASSWORD)
    yield made.get_username()
    with server.database():
        Operator.objects.filter(pk=made.pk).delete()
        AccessAttempt.objects.all().delete()


def test_guessing_passwords_is_locked_out_whatever_the_headers_claim(
    server: Server, abused: Abused, guessed: str
) -> None:
    page = server.ask("GET", LOGIN)
    said: list[dict[str, str]] = [
        {"X-Forwarded-For": f"198.51.100.{n}", "User-Agent": f"browser {n}"} for n in range(5)
    ]
    statuses = [_attempt(server, page, guessed, f"guess {n}", **each) for n, each in enumerate(said)]
    assert statuses == [200, 200, 200, 200, 429]
    assert _attempt(server, page, guessed, PASSWORD) == 429
    assert "login_refused" in server.log
    assert PASSWORD not in server.log
    assert abused.api_secret not in server.log
