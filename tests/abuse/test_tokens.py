"""A stranger with the app-token of a page and an id that they have guessed."""

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import urllib3

from customers.models import Application, Customer, PushToken
from customers.organizations.organizations import bump_version
from funnels.funnels.definitions import save_funnel
from tests.abuse.server import NEW_VISITORS, Server
from tests.channels import make_banner, make_event, make_live_campaign, make_placeholder
from tests.factories import make_application, make_customer, make_organization, unique
from tests.funnels.card_upgrade import make_schema, steps

# As the settings have it by default.
CHARGED_IMPRESSIONS = 60
# A minute may end while it is being used up.
MOST_TRIES = 2
KNOWN = {"first_name": "Ana", "email": "ana@example.com", "income": 20_000, "born": "1990-01-01"}
SHOP, RIVAL = "https://shop.example", "https://rival.example"


@dataclass(frozen=True)
class Shop:
    """A company with a server, two sites and an app; much is known of its customer `ana`."""

    server: Server
    web: str
    app: str
    rest: str
    secret: str
    campaign_id: int

    def post(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any], Any]:
        """A call of the trace dialect: status, members, headers."""
        given = {"Content-Type": "application/json", **{name.replace("_", "-"): headers[name] for name in headers}}
        answer = self.server.ask("POST", f"/api/{path}", body=json.dumps(body), headers=given)
        return answer.status, json.loads(answer.data), answer.headers

    def visit(self, token: str, **members: str) -> str:
        """A trail of a new trace."""
        body = {"app-token": token} | {name.replace("_", "-"): value for name, value in members.items()}
        status, trace, _ = self.post("traces/trace", body)
        assert status == 200, trace
        return str(self.post(f"traces/{trace['trace-id']}/trail", {"channel": "web"})[1]["trail-id"])

    def page(self, token: str, trail: str) -> tuple[int, dict[str, Any], Any]:
        """A page with one placeholder."""
        body = {"app-token": token, "trail-id": trail, "placeholders": [{"placeholder": "home"}]}
        return self.post("campaigns/sync-page", body)

    def details(self, token: str, trail: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """What names the funnel of the page's banner, and the values of the step that asks for details."""
        (place,) = self.page(token, trail)[1]["placeholders"]
        offer = place["banners-list"][0]["banner"]
        body = {"trail-id": trail, "campaign-id": self.campaign_id, "tracking-token": offer["tracking-token"]}
        _, step, _ = self.post("campaigns/advance-funnel", body)
        if step["type"] == "message":
            _, step, _ = self.post("campaigns/advance-funnel", body | {"step-data": {}})
        return body, {field["name"]: field["value"] for field in step["config"]["fields"]}


@pytest.fixture
def shop(server: Server) -> Shop:
    """A company of its own for each test."""
    with server.database():
        organization = make_organization()
        web, app, rest = (
            make_application(organization, platforms=[platform], allowed_origins=[origin]).application
            for platform, origin in (("web", SHOP), ("ios", RIVAL), ("rest", RIVAL))
        )
        make_schema(organization)
        make_customer(organization, external_id="ana", attributes=KNOWN)
        campaign = make_live_campaign(organization, price_per_impression="0.01")
        save_funnel(organization=organization, campaign_id=campaign.pk, steps=steps(), look={})
        for application in (web, app, rest):
            make_banner(make_placeholder(application, name="home"), campaign)
            make_event(application, campaign, name="sign-up")
        bump_version(organization=organization)
        secret = web.identity_secret
    return Shop(server, str(web.app_token), str(app.app_token), str(rest.app_token), secret, campaign.pk)


def _ana(shop: Shop) -> Customer:
    with shop.server.database():
        organization = Application.objects.get(app_token=shop.web).organization_id
        return Customer.objects.get(organization=organization, external_id="ana")


def _signed(shop: Shop, customer_id: str) -> str:
    return hmac.new(shop.secret.encode(), customer_id.encode(), hashlib.sha256).hexdigest()


def test_a_guessed_id_shows_and_overwrites_nothing(shop: Shop) -> None:
    trail = shop.visit(shop.web, customer_id="ana")
    body, shown = shop.details(shop.web, trail)
    assert shown == dict.fromkeys(KNOWN)
    answer = shop.server.ask(
        "GET", f"/api/campaigns/{shop.campaign_id}/funnel?begun=1&t={trail}&d={body['tracking-token']}"
    )
    assert answer.status == 200
    assert b"First name" in answer.data
    assert b"ana@example.com" not in answer.data
    typed = {"first_name": "Eve", "email": "eve@example.com", "income": 1}
    assert shop.post("campaigns/advance-funnel", body | {"step-data": typed})[0] == 200
    assert _ana(shop).attributes == KNOWN


def test_a_proven_customer_sees_stored_values(shop: Shop) -> None:
    trusted = shop.visit(shop.web, customer_id="ana", customer_token=_signed(shop, "ana"))
    assert shop.details(shop.web, trusted)[1] == KNOWN
    assert shop.details(shop.rest, shop.visit(shop.rest, customer_id="ana"))[1] == KNOWN
    wrong = {"app-token": shop.web, "customer-id": "ana", "customer-token": _signed(shop, "eve")}
    status, answer, _ = shop.post("traces/trace", wrong)
    assert (status, answer["error"]["code"]) == (400, "wrong-customer-token")


def test_a_token_of_a_page_writes_no_customer_tells_no_event_and_registers_no_device(shop: Shop) -> None:
    device = {"customer-id": "ana", "reg-token": unique("token"), "platform": "ios"}
    event = {"customer-id": "ana", "event-name": "sign-up"}
    values = {"customer": {"id": "ana", "email": "eve@example.com"}}
    for token, path, body, expected in (
        (shop.web, "customers", values, 404),
        (shop.app, "customers", values, 404),
        (shop.web, "campaigns/business-event", event, 404),
        (shop.app, "campaigns/business-event", event, 404),
        (shop.web, "customers/subscribe", device, 404),
        (shop.app, "customers/subscribe", device, 200),
        (shop.rest, "campaigns/business-event", event, 202),
    ):
        status, answer, _ = shop.post(path, {"app-token": token, **body})
        assert status == expected, (path, answer)
        if status == 404:
            assert answer["error"]["code"] == "unknown-application"
            assert "has not the platform" in answer["error"]["message"]
    ana = _ana(shop)
    assert ana.attributes == KNOWN
    with shop.server.database():
        assert PushToken.objects.filter(customer=ana).count() == 1


def test_one_address_brings_so_many_new_visitors_a_minute(shop: Shop) -> None:
    """From addresses of this machine that no other test comes from; what X-Forwarded-For says is nobody's word."""
    numbers = count()

    def begin(pool: urllib3.PoolManager, token: str, **members: str) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "X-Forwarded-For": f"192.0.2.{next(numbers) % 256}"}
        body = json.dumps({"app-token": token, **members})
        answer = pool.request("POST", f"{shop.server.base_url}/api/traces/trace", body=body, headers=headers)
        return answer.status, answer.headers.get("Retry-After")

    with _from("127.0.0.2") as crowd, _from("127.0.0.3") as others:
        with ThreadPoolExecutor(4) as threads:
            for _ in range(MOST_TRIES):
                answers = list(threads.map(lambda _: begin(crowd, shop.web), range(NEW_VISITORS + 1)))
                refused = [after for status, after in answers if status == 429]
                if refused:
                    break
        assert {status for status, _ in answers} <= {200, 429}
        assert refused
        assert all(1 <= int(after) <= 60 for after in refused)
        assert begin(others, shop.web)[0] == 200, "others have bounds of their own"
        assert begin(crowd, shop.rest)[0] == 200, "a server speaks for many"
        assert begin(crowd, shop.web, **{"customer-id": "ana"})[0] == 200, "who is known is no new visitor"


def _from(address: str) -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=4, block=True, retries=False, timeout=20, source_address=(address, 0))


def test_a_visitor_costs_a_campaign_so_much_a_minute_and_no_more(shop: Shop) -> None:
    trails = {token: shop.visit(token, customer_id=unique("visitor")) for token in (shop.web, shop.rest)}
    for token, trail in trails.items():
        statuses = []
        for _ in range(MOST_TRIES * (CHARGED_IMPRESSIONS + 1)):
            status, answer, headers = shop.page(token, trail)
            statuses.append(status)
            if status != 200:
                assert (status, answer["error"]["code"]) == (429, "too-many-impressions")
                assert 1 <= int(headers["Retry-After"]) <= 60
                break
        assert (429 in statuses) == (token == shop.web), "a server speaks for many"
        assert len(statuses) > CHARGED_IMPRESSIONS
    assert shop.page(shop.web, shop.visit(shop.web))[0] == 200


def test_the_page_of_another_application_reads_nothing(shop: Shop) -> None:
    for origin, allowed in ((SHOP, SHOP), (RIVAL, None)):
        headers = shop.post("traces/trace", {"app-token": shop.web}, Origin=origin)[2]
        assert headers.get("Access-Control-Allow-Origin") == allowed
