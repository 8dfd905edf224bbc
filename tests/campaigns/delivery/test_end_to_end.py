"""From a live creative to what the world got, with nothing between them but the workers' own steps."""

import csv
from pathlib import Path
from typing import Any

import pytest

from campaigns.models import Destination, MessageTemplate, Recipient
from campaigns.models.ad_type import AdType, CreativeType
from customers.models import Customer
from customers.organizations.organizations import bump_version
from tests.campaigns.delivery.scheduled import (
    CSV,
    EMAIL,
    LONG_AGO,
    make_delivery,
    make_people,
    make_scheduled,
    states_of,
    work,
)
from tests.campaigns.delivery.servers import Mailbox, World
from tests.dialects.management.actor import Actor
from tests.factories import Hierarchy, make_customer, make_goal

pytestmark = pytest.mark.django_db
WEBHOOK: dict[str, Any] = {
    "ad_type": AdType.MESSAGING_PLATFORM,
    "creative_type": CreativeType.MESSAGING_PLATFORM_EXTERNAL,
}


def _destination(rows: Hierarchy, kind: str, secrets: dict[str, str] | None = None, **attributes: Any) -> None:
    made = Destination(organization=rows.campaign.organization, name=kind, kind=kind, **attributes)
    made.set_secrets(secrets or {})
    made.save()


def test_a_file_is_exported(exports: Path) -> None:
    rows = make_scheduled(**CSV)
    people = make_people(rows.campaign.organization, 12)
    _destination(rows, "file", attributes=["state"])
    delivery = make_delivery(rows)
    work()
    delivery.refresh_from_db()
    # It is the file of an email.
    wanting = [one for one in people if one.consent and one.email_consent]
    with (exports / delivery.file_name).open(newline="") as file:
        header, *lines = csv.reader(file)
    assert header == ["external_id", "user_id", "state", "offer_ids", "template_id"]
    assert lines == [[one.external_id, str(one.uuid), one.attributes["state"], "", ""] for one in wanting]
    assert (delivery.state, delivery.file_rows, states_of(delivery)) == (
        "complete",
        len(wanting),
        {"sent": len(wanting)},
    )


def test_mails_are_sent(mailbox: Mailbox) -> None:
    rows = make_scheduled(**EMAIL, template_id="welcome")
    organization = rows.campaign.organization
    people = make_people(organization, 12)
    for one in people[:-1]:
        one.attributes["email"] = f"{one.external_id}@example.org"
    Customer.objects.bulk_update(people, ["attributes"])
    MessageTemplate.objects.create(organization=organization, key="welcome", subject="Hello", text="{{ customer.age }}")
    settings = {"from_address": "shop@example.org", "host": "127.0.0.1", "port": mailbox.port, "encryption": "none"}
    _destination(rows, "email", settings=settings)
    delivery = make_delivery(rows)
    work()
    wanting = [one for one in people if one.consent and one.email_consent]
    assert people[-1] in wanting
    assert sorted(each.rcpt_tos[0] for each in mailbox.taken) == sorted(one.attributes["email"] for one in wanting[:-1])
    assert states_of(delivery) == {"sent": len(wanting) - 1, "skipped": 1}


def test_a_webhook_that_fails_once_is_tried_again(world: World) -> None:
    rows = make_scheduled(**WEBHOOK)
    people = make_people(rows.campaign.organization, 6)
    _destination(rows, "webhook", {"signing_secret": "secret"}, settings={"url": world.url, "concurrency": 1})
    world.will(410)
    delivery = make_delivery(rows)
    work()
    keys = set(Recipient.objects.filter(delivery=delivery).values_list("key", flat=True))
    assert {got.headers["idempotency-key"] for got in world.got} == {str(key) for key in keys}
    assert states_of(delivery) == {"sent": sum(one.consent for one in people) - 1, "failed": 1}


def test_a_delivery_without_a_destination_fails_with_a_reason() -> None:
    rows = make_scheduled(**WEBHOOK)
    make_people(rows.campaign.organization, 3)
    delivery = make_delivery(rows)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (
        "failed",
        "The organization has no default destination of kind webhook.",
    )


def test_a_completed_behavior_sends_its_mail_once(mailbox: Mailbox) -> None:
    actor = Actor.of()
    rows = make_scheduled(actor.organization, delivery_method="triggered", template_id="welcome", **EMAIL)
    behavior = rows.creative.achievement
    assert behavior
    make_goal(behavior, internal_event_name="signed up")
    MessageTemplate.objects.create(organization=actor.organization, key="welcome", subject="Hello", text="Welcome!")
    settings = {"from_address": "shop@example.org", "host": "127.0.0.1", "port": mailbox.port, "encryption": "none"}
    _destination(rows, "email", settings=settings)
    bump_version(organization=actor.organization)
    make_customer(actor.organization, external_id="ada", attributes={"email": "ada@example.org"})
    event = {"event": {"name": "signed up", "external_id": "ada", "event_id": "one"}}
    earned = []
    for _ in range(3):
        answer = actor.post("/priv/v1/apps/:api_key/events", event).json()
        earned += answer["events"][0]["earned"]
        Recipient.objects.filter(state="pending").update(due_at=LONG_AGO)
        work()
    assert earned == [{"behavior_id": behavior.pk, "times": 1}]
    assert [each.rcpt_tos for each in mailbox.taken] == [["ada@example.org"]]
    sent = Recipient.objects.get()
    assert (sent.state, sent.delivery, sent.creative, sent.attempts) == ("sent", None, rows.creative, 1)
