"""Contract 4, section A, "times": two forms in, UTC out."""

from datetime import UTC, datetime

import pytest

from campaigns.models import AdCampaign
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import only, refusal
from tests.factories import Hierarchy

ACCEPTED = {
    "2020-08-13T15:52:33Z": "2020-08-13T15:52:33Z",
    "2020-08-13T15:52:33+00:00": "2020-08-13T15:52:33Z",
    "2020-08-13T15:52:33-04:00": "2020-08-13T19:52:33Z",
    "2020-08-13T15:52:33-0400": "2020-08-13T19:52:33Z",
    "2020-08-13T15:52:33+05:45": "2020-08-13T10:07:33Z",
    "2020-08-13T15:52:33.999999Z": "2020-08-13T15:52:33Z",
    "2020-08-13T15:52:33.5Z": "2020-08-13T15:52:33Z",
    "2020-08-13T15:52Z": "2020-08-13T15:52:00Z",
    "2020-08-13 15:52:33 -0400": "2020-08-13T19:52:33Z",
    "2020-08-13 15:52:33 +0000": "2020-08-13T15:52:33Z",
    "2020-12-31 23:00:00 -0400": "2021-01-01T03:00:00Z",
    "2020-08-13T15:52:33": "2020-08-13T15:52:33Z",
    "2020-08-13": "2020-08-13T00:00:00Z",
    "2020-02-29T00:00:00Z": "2020-02-29T00:00:00Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00Z",
    "9998-12-31T23:59:59Z": "9998-12-31T23:59:59Z",
}
REFUSED: list[object] = [
    "",
    " ",
    "now",
    "2020",
    "1597333953",
    "2020-08",
    "13.08.2020",
    "08/13/2020",
    "2020-13-01T00:00:00Z",
    "2021-02-29T00:00:00Z",
    "2020-08-13T25:00:00Z",
    "2020-08-13T15:60:00Z",
    "2020-08-13T15:52:61Z",
    "2020-08-13T15:52:33+99:00",
    "2020-08-13T15:52:33 America/New_York",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "-001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "2020-08-13T15:52:33Z\x00",
    "2020-08-13T15:52:33Z\n",
    "٢٠٢٠-08-13T15:52:33Z",
    "2" * 10_000,
    1597333953,
    1597333953.5,
    10**30,
    True,
    [],
    {},
    ["2020-08-13T15:52:33Z"],
]


@pytest.mark.parametrize(("sent", "shown"), ACCEPTED.items())
def test_in_and_out(owner: Actor, sent: str, shown: str) -> None:
    body = bodies.campaign(starts_at=sent, ends_at="9999-12-31T23:59:59Z")
    campaign = only(owner.post("campaigns", body), "campaign")
    assert campaign["starts_at"] == shown
    assert only(owner.get(f"campaigns/{campaign['id']}"), "campaign")["starts_at"] == shown
    assert only(owner.get(f"campaigns/{campaign['id']}/navigation"), "campaign")["starts_at"] == shown


def test_the_instant_that_is_kept_is_the_one_that_was_sent(owner: Actor) -> None:
    body = bodies.campaign(starts_at="2020-08-13T15:52:33.123456-04:00")
    campaign = only(owner.post("campaigns", body), "campaign")
    kept = AdCampaign.objects.get(id=campaign["id"]).starts_at
    assert kept == datetime(2020, 8, 13, 19, 52, 33, 123456, tzinfo=UTC)


@pytest.mark.parametrize("sent", REFUSED, ids=lambda sent: ascii(sent)[:30])
def test_what_is_no_time(owner: Actor, ours: Hierarchy, sent: object) -> None:
    places = {
        f"campaigns/{ours.campaign.pk}": {"campaign": {"starts_at": sent}},
        f"line_items/{ours.line_item.pk}": {"line_item": {"starts_at": sent}},
        f"creative_groups/{ours.group.pk}": {"creative_group": {"starts_at": sent}},
    }
    for path, body in places.items():
        assert refusal(owner.put(path, body), "validation").keys() == {"starts_at"}
    message = {"creative": {"issue_audience_csv": {"scheduled_delivery_date": sent, "issue_offer_date": sent}}}
    fields = refusal(owner.put(f"creatives/{ours.creative.pk}", message), "validation")
    assert fields.keys() == {"scheduled_delivery_date", "issue_offer_date"}


@pytest.mark.parametrize(("sent", "shown"), ACCEPTED.items())
def test_inside_the_message_object(owner: Actor, ours: Hierarchy, sent: str, shown: str) -> None:
    message = {"scheduled_delivery_date": sent, "issue_offer_date": sent}
    answer = owner.put(f"creatives/{ours.creative.pk}", {"creative": {"issue_audience_csv": message}})
    written = shown.removesuffix("Z") + "+00:00"
    kept = only(answer, "creatives")["issue_audience_csv"]
    assert (kept["scheduled_delivery_date"], kept["issue_offer_date"]) == (written, written)
    again = only(owner.get(f"creatives/{ours.creative.pk}"), "creatives")["issue_audience_csv"]
    assert again == kept
