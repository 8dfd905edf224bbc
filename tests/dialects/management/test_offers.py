"""Offers, users and redeeming (contract 4, "offers", "users", "redeem")."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.models import IssuedOffer, Offer
from customers.customers.merging import identify
from customers.models import Customer, Organization
from tests.contents import contents
from tests.dialects.management.actor import Actor, Answer
from tests.dialects.management.expected import accepted, only, refusal
from tests.factories import make_anonymous, make_customer, make_issued_offer, make_offer
from tests.together import together

AssertQueries = Callable[[int], AbstractContextManager[object]]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _user(actor: Actor, path: str, method: str = "GET") -> Answer:
    return actor.client.generic(
        method, f"/priv/v1/apps/{actor.application.api_key}/{path}", headers={"Authorization": actor.authorization}
    )


def test_an_offer_is_made_listed_and_read(owner: Actor, outsider: Actor) -> None:
    offer = {"name": "Ten off", "guid": "514dafae", "points": 10, "description": "On boots", "total_limit": 5}
    offer |= {"limit_per_customer": 1, "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}
    version = owner.organization.version
    made = only(owner.post("offers", {"offer": offer}), "offers")
    assert made.items() >= (offer | {"issued_count": 0}).items()
    assert Organization.objects.get(id=owner.organization.pk).version == version + 1
    plain = only(owner.post("offers", {"offer": {"name": "Another"}}), "offers")
    assert plain["guid"] != made["guid"]
    assert (plain["points"], plain["ends_at"]) == (None, None)
    assert accepted(owner.get("offers?limit=1")) == {
        "offers": [plain],
        "pagination": {"page": 1, "limit": 1, "total": 2},
    }
    assert only(owner.get(f"offers/{made['id']}"), "offers") == made
    assert accepted(outsider.get("offers"))["offers"] == []
    refusal(outsider.get(f"offers/{made['id']}"), "not_found", 404)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": None}, "missing_data", "name"),
        ({"colour": 1}, "argument_error", "colour"),
        ({"points": -1}, "validation", "points"),
        ({"total_limit": 0}, "validation", "total_limit"),
        ({"limit_per_customer": "1"}, "validation", "limit_per_customer"),
        ({"starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-02T00:00:00Z"}, "validation", "ends_at"),
        ({"guid": "taken"}, "validation", "guid"),
    ],
    ids=str,
)
def test_a_wrong_offer_leaves_nothing_behind(owner: Actor, change: dict[str, Any], code: str, field: str) -> None:
    make_offer(owner.organization, guid="taken")
    before = contents()
    assert list(refusal(owner.post("offers", {"offer": {"name": "New"} | change}), code)) == [field]
    assert contents() == before


def test_a_guid_is_free_in_another_organization(owner: Actor, outsider: Actor) -> None:
    make_offer(owner.organization, guid="g")
    assert only(outsider.post("offers", {"offer": {"name": "Ours", "guid": "g"}}), "offers")["guid"] == "g"


def test_a_user_by_both_ids(owner: Actor, django_assert_num_queries: AssertQueries) -> None:
    customer = make_customer(
        owner.organization, external_id="5114932", attributes={"state": "NY"}, tags=["vip"], points=7
    )
    with django_assert_num_queries(2):
        shown = accepted(_user(owner, f"users/{customer.uuid}"))
    created = shown["user"].pop("created_at")
    assert datetime.fromisoformat(created) <= datetime.now(UTC)
    assert shown == {
        "user": {
            "user_id": str(customer.uuid),
            "external_id": "5114932",
            "attributes": {"state": "NY"},
            "tags": ["vip"],
            "points": 7,
        }
    }
    assert accepted(_user(owner, "external/users/5114932"))["user"]["user_id"] == str(customer.uuid)


def test_a_merged_user_is_found_by_the_old_ids(owner: Actor) -> None:
    anonymous, known = make_anonymous(owner.organization), make_customer(owner.organization)
    identify(organization=owner.organization, anonymous=anonymous, customer_id=str(known.external_id))
    for path in (f"users/{anonymous.uuid}", f"external/users/{anonymous.external_id}"):
        assert accepted(_user(owner, path))["user"]["user_id"] == str(known.uuid)


def test_nobody_and_another_organization_s_user(owner: Actor, outsider: Actor) -> None:
    theirs = make_customer(outsider.organization, external_id="51")
    for path in (f"users/{theirs.uuid}", "external/users/51", "users/nonsense", "users/%00", "external/users/%00"):
        refusal(_user(owner, path), "not_found", 404)
        refusal(_user(owner, f"{path}/offers"), "not_found", 404)
        refusal(_user(owner, f"{path}/offers/1/redeem", "POST"), "not_found", 404)
    refusal(_user(owner, f"users/{theirs.uuid}", "POST"), "method_not_allowed", 405)
    refusal(_user(owner, "users"), "not_found", 404)


def test_an_offer_is_redeemed_once(owner: Actor) -> None:
    customer = make_customer(owner.organization, external_id="51")
    issued = make_issued_offer(customer)
    redeemed = accepted(_user(owner, f"external/users/51/offers/{issued.pk}/redeem", "POST"))["offer"]
    assert redeemed.items() >= {"id": issued.pk, "guid": issued.offer.guid, "state": "redeemed"}.items()
    assert redeemed["redeemed_at"]
    before = contents()
    refusal(_user(owner, f"users/{customer.uuid}/offers/{issued.pk}/redeem", "POST"), "not_available")
    assert contents() == before


def test_a_user_s_offers_are_listed(owner: Actor, outsider: Actor, django_assert_num_queries: AssertQueries) -> None:
    customer = make_customer(owner.organization, external_id="51")
    make_issued_offer(make_customer(outsider.organization, external_id="51"))
    issued = [make_issued_offer(customer, expires_at=moment).pk for moment in (LONG_AGO, None)]
    for path in (f"users/{customer.uuid}/offers", "external/users/51/offers?limit=10"):
        with django_assert_num_queries(5):
            shown = accepted(_user(owner, path))
        assert [(offer["id"], offer["state"]) for offer in shown["offers"]] == [
            (issued[1], "issued"),
            (issued[0], "expired"),
        ]
        assert shown["pagination"]["total"] == 2


def test_what_can_t_be_redeemed(owner: Actor, outsider: Actor) -> None:
    customer, other = make_customer(owner.organization), make_customer(owner.organization)
    expired = make_issued_offer(customer, expires_at=LONG_AGO)
    theirs = make_issued_offer(make_customer(outsider.organization))
    redeem = f"users/{customer.uuid}/offers/{{}}/redeem"
    before = contents()
    refusal(_user(owner, redeem.format(expired.pk), "POST"), "not_available")
    for issued in (make_issued_offer(other), theirs):
        refusal(_user(owner, redeem.format(issued.pk), "POST"), "not_found", 404)
    refusal(_user(owner, redeem.format("nonsense"), "POST"), "not_found", 404)
    IssuedOffer.objects.filter(customer=other).delete()
    Offer.objects.filter(issued__isnull=True).delete()
    assert contents() == before


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_redeems() -> None:
    actor = Actor.of()
    issued = make_issued_offer(make_customer(actor.organization), expires_at=datetime.now(UTC) + timedelta(days=1))
    path = f"users/{Customer.objects.get().uuid}/offers/{issued.pk}/redeem"
    answers = together([lambda: _user(actor, path, "POST").json()["status"]] * 6)
    assert sorted(answers) == ["error"] * 5 + ["ok"]
