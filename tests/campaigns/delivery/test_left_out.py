"""Whom a destination can't be told of is skipped and says why: the ledger, the delivery's counts and the wire agree."""

import csv
from pathlib import Path
from typing import Any

import pytest

from campaigns.delivery.channels.facebook import identify
from campaigns.delivery.exports import NO_IDENTIFIER
from campaigns.delivery.recipients.claim import WITHDRAWN
from campaigns.models import Delivery, Destination, Recipient
from campaigns.models.ad_type import AdType
from customers.models import Customer
from tests.campaigns.delivery.scheduled import build, make_delivery, make_scheduled, work
from tests.campaigns.delivery.servers import World
from tests.factories import make_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("exports")]
# By their external ids: what they have, and which of it an export can use.
PEOPLE: dict[str, dict[str, Any]] = {
    "both": {"e 100%": "both@example.org", "phone": "+1 555 010"},
    "email": {"e 100%": "email@example.org", "phone": None},
    "phone": {"e 100%": "", "phone": "0555"},
    "blank": {"e 100%": "   ", "phone": "none"},
    "empty": {"e 100%": ""},
    "nothing": {},
}


def _delivery(kind: str, settings: dict[str, Any], **secrets: str) -> Delivery:
    rows = make_scheduled(ad_type=AdType.AUDIENCE_EXPORT, creative_type=f"audience-export-{kind}")
    organization = rows.campaign.organization
    for external_id, attributes in PEOPLE.items():
        make_customer(organization, external_id=external_id, attributes=attributes)
    made = Destination(organization=organization, name=kind, kind=kind, settings=settings)
    made.set_secrets(secrets)
    made.save()
    return make_delivery(rows)


def _facebook(world: World, columns: dict[str, str]) -> Delivery:
    settings = {"url": world.url, "audience_id": "238", "columns": columns}
    return _delivery("facebook", settings, access_token="x")


def _airship(world: World) -> Delivery:
    settings = {"url": world.url, "app_key": "app", "identifier_type": "email_address", "identifier": "e 100%"}
    return _delivery("airship", settings, master_secret="x")


def _ledger(delivery: Delivery) -> dict[str, list[str]]:
    """Who is in which state, and why; after looking whether the delivery's counts say the same."""
    delivery.refresh_from_db()
    members = Recipient.objects.filter(delivery=delivery).select_related("customer").order_by("customer_id")
    found: dict[str, list[str]] = {}
    for member in members:
        found.setdefault(member.error or member.state, []).append(str(member.customer.external_id))
    states = [member.state for member in members]
    counts = (delivery.audience, delivery.sent, delivery.skipped, delivery.pending)
    assert counts == (len(states), states.count("sent"), states.count("skipped"), 0)
    assert (delivery.state, delivery.file_rows) == ("complete", delivery.sent)
    return found


def test_airship_gets_customers_with_the_identifier(world: World) -> None:
    delivery = _airship(world)
    work()
    # Airship judges addresses itself: one of blanks is one.
    assert _ledger(delivery) == {"sent": ["both", "email", "blank"], NO_IDENTIFIER: ["phone", "empty", "nothing"]}
    lines = world.got[0].body.decode().splitlines()
    assert lines == ["email_address,both@example.org", "email_address,email@example.org", "email_address,   "]


@pytest.mark.parametrize(
    ("columns", "reached"),
    [
        ({"EMAIL": "e 100%", "PHONE": "phone"}, ["both", "email", "phone"]),
        ({"PHONE": "phone"}, ["both", "phone"]),
        ({"EXTERN_ID": "external_id", "PHONE": "phone"}, list(PEOPLE)),
    ],
)
def test_facebook_gets_customers_with_a_normalised_identifier(
    world: World, columns: dict[str, str], reached: list[str]
) -> None:
    delivery = _facebook(world, columns)
    work()
    missed = [each for each in PEOPLE if each not in reached]
    assert _ledger(delivery) == {"sent": reached} | ({NO_IDENTIFIER: missed} if missed else {})
    payload = world.got[0].document["payload"]
    values = [PEOPLE[each] | {"external_id": each} for each in reached]
    assert payload["data"] == [[identify(key, each.get(columns[key])) for key in payload["schema"]] for each in values]


def test_an_audience_without_any_identifier_is_skipped_as_a_whole(world: World) -> None:
    delivery = _facebook(world, {"COUNTRY": "country"})
    work()
    assert _ledger(delivery) == {NO_IDENTIFIER: list(PEOPLE)}
    assert not world.got


def test_withdrawn_consent_is_the_reason_before_a_missing_identifier(world: World) -> None:
    delivery = _airship(world)
    build(delivery)
    Customer.objects.filter(external_id__in=["both", "nothing"]).update(push_consent=False)
    work()
    ledger = _ledger(delivery)
    assert (ledger["sent"], ledger[WITHDRAWN]) == (["email", "blank"], ["both", "nothing"])


def test_who_loses_the_identifier_before_the_second_attempt_is_skipped_then(world: World) -> None:
    delivery = _airship(world)
    world.will(503, Retry_After="999")
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, delivery.skipped, delivery.failures) == ("delivering", 0, 3, 1)
    Customer.objects.filter(external_id="both").update(attributes={})
    Delivery.objects.update(leased_until=None)
    work()
    assert _ledger(delivery)["sent"] == ["email", "blank"]
    assert [b"both@" in got.body for got in world.got] == [True, False]


def test_a_file_has_a_line_for_everybody(exports: Path, world: World) -> None:
    cheetah = _delivery("cheetah", {"url": world.url, "list_id": "1", "user": "shop"}, password="x")
    file = make_delivery(make_scheduled(ad_type=AdType.ISSUE_AUDIENCE_CSV, creative_type="issue-audience-csv"))
    for external_id, attributes in PEOPLE.items():
        make_customer(file.organization, external_id=external_id, attributes=attributes)
    work()
    assert _ledger(cheetah) == _ledger(file) == {"sent": list(PEOPLE)}
    lines = list(csv.reader((exports / file.file_name).read_text().splitlines()))
    assert [line[0] for line in lines[1:]] == list(PEOPLE)
