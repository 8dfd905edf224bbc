"""What one address and one customer may do in a minute with a public app-token (docs/decisions/0087)."""

import os
import time
from collections import OrderedDict
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from campaigns.models import Interaction, SpendEntry
from config import settings as product
from customers.applications import minute_counts
from customers.applications.minute_counts import clear_minute_counts, count_in_minute
from customers.models import Customer, MinuteCount
from tests.channels import make_banner, make_live_campaign, make_placeholder
from tests.contents import contents
from tests.dialects.trace.caller import Answer, Caller, Form, accepted, refused
from tests.factories import make_anonymous, make_customer, make_trail, unique

pytestmark = pytest.mark.django_db
NOON = 1_772_452_800  # 2026-03-02T12:00:00Z
REDIS_URL = os.environ.get("REDIS_URL", "")
STORES = [
    "",
    pytest.param(REDIS_URL, marks=pytest.mark.skipif(not REDIS_URL, reason="for the run against real servers")),
]
# Workers that begin in the same second share a Redis, too: each has 600 minutes of a run for itself.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
MINUTES = count((int(time.time()) % 1_000 * 16 + WORKER) * 600, 5)
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture(params=STORES, ids=["database", "redis"], autouse=True)
def _store(request: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of each a minute, of a store in which nothing was counted yet."""
    settings.NEW_VISITORS_PER_MINUTE = settings.CHARGED_IMPRESSIONS_PER_MINUTE = 3
    settings.REDIS_URL = request.param
    monkeypatch.setattr(minute_counts, "SEEN", OrderedDict())


@pytest.fixture
def clock() -> Iterator[Any]:
    """A minute of its own for each test of each run: what is counted in Redis stays there for two."""
    with time_machine.travel(NOON + 60 * next(MINUTES) + 15, tick=False) as travelled:
        yield travelled


@pytest.fixture
def web(db: None) -> Caller:  # noqa: ARG001
    """The application whose token stands in a page."""
    return Caller.of(platforms=["web"])


def _begin(caller: Caller, form: Form = "edn", customer_id: object = None, address: str = HERE) -> Answer:
    caller.client.defaults["REMOTE_ADDR"] = address
    return caller.post("traces/trace", {"app-token": caller.token, "customer-id": customer_id}, form)


def test_the_bounds_by_default() -> None:
    assert (product.NEW_VISITORS_PER_MINUTE, product.CHARGED_IMPRESSIONS_PER_MINUTE) == (600, 60)


@pytest.mark.parametrize("ids", [(None, None, None), ("a", None, "b")])
def test_new_visitors_of_an_address(web: Caller, form: Form, clock: Any, ids: tuple[object, ...]) -> None:
    sister = Caller.of(web.organization, platforms=["ios"])
    stranger = Caller.of(platforms=["rest", "web"])
    for customer_id in ids:
        accepted(_begin(web, form, customer_id))
    before = contents()
    late = _begin(web, form, "c")
    refused(late, 429, "too-many-new-visitors")
    assert late["Retry-After"] == "45"
    for caller in (sister, stranger):
        refused(_begin(caller, form), 429, "too-many-new-visitors")
    assert {**contents(), "customers_minutecount": ""} == {**before, "customers_minutecount": ""}
    accepted(_begin(web, form, address=ELSEWHERE))
    clock.shift(45)
    accepted(_begin(web, form))


def test_a_known_customer_is_no_new_visitor(web: Caller, form: Form, clock: object) -> None:
    del clock
    ana = make_anonymous(web.organization)
    for _ in range(5):
        accepted(_begin(web, form, ana.external_id))


def test_servers_bring_as_many_as_they_want(caller: Caller, form: Form, clock: object) -> None:
    del clock
    for _ in range(5):
        accepted(_begin(caller, form))


def test_a_network_of_ipv6_is_one_address(web: Caller, clock: object) -> None:
    del clock
    for place in range(3):
        accepted(_begin(web, address=f"2001:db8::{place + 1}"))
    refused(_begin(web, address="2001:db8::ffff:1"), 429, "too-many-new-visitors")
    accepted(_begin(web, address="2001:db8:0:1::1"))


@pytest.mark.parametrize("path", ["campaigns/active", "customers/subscribe"])
def test_whatever_makes_a_customer_is_counted(form: Form, clock: object, path: str) -> None:
    del clock
    app = Caller.of(platforms=["web", "android"])
    app.client.defaults["REMOTE_ADDR"] = HERE
    known = str(make_customer(app.organization).external_id)

    def call(customer_id: str) -> Answer:
        body = {"app-token": app.token, "customer-id": customer_id, "reg-token": unique("r"), "platform": "android"}
        return app.post(path, body, form)

    for _ in range(3):
        accepted(call(unique("visitor")))
    refused(call("one more"), 429, "too-many-new-visitors")
    assert not Customer.objects.filter(external_id="one more").exists()
    accepted(call(known))


class Shop:
    """An application with a banner that costs and one that doesn't."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        campaign = make_live_campaign(caller.organization, price_per_impression="0.5")
        make_banner(make_placeholder(caller.application, name="dear"), campaign)
        make_banner(make_placeholder(caller.application, name="free"))

    def page(self, trail: Any, form: Form, *names: str) -> Answer:
        """A page with these placeholders."""
        places = [{"placeholder": name} for name in names]
        body = {"app-token": self.caller.token, "trail-id": str(trail.uuid), "placeholders": places}
        return self.caller.post("campaigns/sync-page", body, form)


def test_charged_impressions_of_a_customer(web: Caller, form: Form, clock: Any) -> None:
    shop = Shop(web)
    customer = make_customer(web.organization)
    trails = [make_trail(customer, web.application) for _ in range(4)]
    for trail in trails[:3]:
        accepted(shop.page(trail, form, "free", "dear"))
    late = shop.page(trails[3], form, "free", "dear")
    refused(late, 429, "too-many-impressions")
    assert late["Retry-After"] == "45"
    assert (SpendEntry.objects.count(), Interaction.objects.count()) == (3, 6)
    accepted(shop.page(trails[3], form, "free"))
    accepted(shop.page(make_trail(make_customer(web.organization), web.application), form, "dear"))
    clock.shift(45)
    accepted(shop.page(trails[3], form, "dear"))


def test_servers_show_as_much_as_they_want(caller: Caller, form: Form, clock: object) -> None:
    del clock
    shop, trail = Shop(caller), make_trail(make_customer(caller.organization), caller.application)
    for _ in range(5):
        accepted(shop.page(trail, form, "dear"))


def test_switched_off(web: Caller, form: Form, clock: object, settings: Settings) -> None:
    del clock
    settings.NEW_VISITORS_PER_MINUTE = settings.CHARGED_IMPRESSIONS_PER_MINUTE = 0
    shop, trail = Shop(web), make_trail(make_customer(web.organization), web.application)
    for _ in range(5):
        accepted(_begin(web, form))
        accepted(shop.page(trail, form, "dear"))
    assert not MinuteCount.objects.exists()


@pytest.mark.skipif(not REDIS_URL, reason="for the run against real servers")
def test_the_highest_count_and_the_last_keys_are_what_the_other_store_goes_on_from(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, clock: object
) -> None:
    del clock
    now = time.time()
    monkeypatch.setattr(minute_counts, "MOST_SEEN", 2)
    first, second, third = (unique("key") for _ in range(3))

    def count_all(url: str) -> list[int]:
        settings.REDIS_URL = url
        return [count_in_minute(key=key, now=now) for key in (first, second, third, first)]

    assert count_all(REDIS_URL) == [1, 1, 1, 2]
    settings.REDIS_URL = ""
    assert count_in_minute(key=first, now=now) == 3
    assert count_in_minute(key=third, now=now) == 2
    assert count_in_minute(key=second, now=now) == 1, "forgotten as the oldest of three"
    # As a thread says that was told its number before the others, and is later than they.
    minute_counts._see(third, int(now // 60), 1)
    settings.REDIS_URL = REDIS_URL
    assert count_in_minute(key=third, now=now) == 3


def test_counts_of_minutes_that_are_over_are_cleared(settings: Settings) -> None:
    settings.REDIS_URL = ""
    with time_machine.travel(NOON, tick=False):
        assert [count_in_minute(key=key, now=NOON + ahead) for key, ahead in (("a", 0), ("b", 60), ("c", 120))] == [
            1
        ] * 3
        assert clear_minute_counts() == 1, "that of a clock which was ahead"
    with time_machine.travel(NOON + 120, tick=False):
        assert clear_minute_counts() == 1
    assert [row.key for row in MinuteCount.objects.all()] == ["b"]
