"""How long a destination may have deliveries wait: an hour at a time, and not for ever; and all can see why."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.delivery.deliver import MOST_FAILURES, SOME_WAIT
from campaigns.delivery.destinations import save_destination
from campaigns.delivery.recipients import settle
from campaigns.delivery.recipients.add import TriggeredMessage, add_triggered_recipients
from campaigns.delivery.recipients.resolve import Resolution, resolve_recipients
from campaigns.models import Delivery, Destination, Recipient
from campaigns.models.ad_type import AdType
from customers.models import Organization
from tests.campaigns.delivery.scheduled import LONG_AGO, make_delivery, make_people, make_scheduled, work
from tests.campaigns.delivery.servers import World, http_world
from tests.dialects.management.actor import Actor
from tests.factories import Hierarchy, make_customer

pytestmark = pytest.mark.django_db
WEBHOOK: dict[str, Any] = {"ad_type": AdType.MESSAGING_PLATFORM, "creative_type": "messaging-platform-external"}
SECRETS = {"signing_secret": "secret"}
ABSURD = ["31536000", "9" * 20, "Fri, 31 Dec 9999 23:59:59 GMT"]
AN_HOUR = timedelta(hours=1, minutes=1)


def _scheduled(world: World, organization: Organization | None = None, **creative: Any) -> Hierarchy:
    rows = make_scheduled(organization, **WEBHOOK, **creative)
    settings = {"url": world.url, "concurrency": 1}
    made = Destination(organization=rows.campaign.organization, name="CRM", kind="webhook", settings=settings)
    made.set_secrets(SECRETS)
    made.save()
    return rows


def _make_due() -> None:
    Recipient.objects.filter(state="pending").update(due_at=LONG_AGO)
    Delivery.objects.update(leased_until=None)


@pytest.mark.parametrize("asked", ABSURD)
def test_a_delivery_waits_an_hour_at_most_and_says_why(world: World, admin_client: Client, asked: str) -> None:
    rows = _scheduled(world)
    make_people(rows.campaign.organization, 6)
    delivery = make_delivery(rows)
    world.will(429, retry_after=asked)
    work()
    delivery.refresh_from_db()
    told = "it answered HTTP 429 Too Many Requests; it asks to wait 3600 s"
    assert (delivery.state, delivery.failures, delivery.error) == (
        *("delivering", 1),
        f"The destination takes nothing now: {told}",
    )
    assert delivery.leased_until
    assert timedelta(minutes=59) < delivery.leased_until - timezone.now() < AN_HOUR
    waiting = Recipient.objects.get(delivery=delivery, error=told)
    assert waiting.due_at
    assert waiting.due_at - timezone.now() < AN_HOUR
    # Nobody else is asked meanwhile.
    assert len(world.got) == 1
    for page in ("", f"{waiting.pk}/change/"):
        assert admin_client.get(f"/admin/campaigns/recipient/{page}").status_code == 200


def test_a_destination_that_always_asks_to_wait_fails_its_delivery(world: World) -> None:
    rows = _scheduled(world)
    make_people(rows.campaign.organization, 6)
    delivery = make_delivery(rows)
    world.will(*[429] * MOST_FAILURES, retry_after="31536000")
    for _ in range(MOST_FAILURES):
        work()
        _make_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failures, len(world.got)) == ("failed", MOST_FAILURES, MOST_FAILURES)
    assert "it asks to wait" in delivery.error


def test_a_triggered_message_waits_for_a_day(world: World) -> None:
    rows = _scheduled(world, delivery_method="triggered")
    organization = rows.campaign.organization
    message = TriggeredMessage(uuid.uuid4(), rows.creative.pk, make_customer(organization).pk)
    add_triggered_recipients(organization_id=organization.pk, messages=[message], at=LONG_AGO)
    world.will(*[429] * 3, retry_after="31536000")
    for _ in range(2):
        work()
        waiting = Recipient.objects.get()
        assert (waiting.state, waiting.attempts) == ("pending", 0)
        assert "it asks to wait 3600 s" in (waiting.error or "")
        _make_due()
    Recipient.objects.update(tried_since=timezone.now() - timedelta(hours=25))
    work()
    waiting = Recipient.objects.get()
    assert (waiting.state, len(world.got)) == ("failed", 3)
    # Whoever has it sent again gives it another day.
    assert resolve_recipients(organization=organization, keys=[message.key], resolution=Resolution.AGAIN) == 1
    assert Recipient.objects.get().tried_since is None
    work()
    assert Recipient.objects.get().state == "sent"


def _act(operator: Client, action: str, delivery: Delivery) -> None:
    form = {"action": action, "_selected_action": delivery.pk}
    page = operator.post("/admin/campaigns/delivery/", form, follow=True)
    assert [str(each) for each in page.context["messages"]] == ["Done: 1."]


def _waiting(world: World, **rows: Any) -> Delivery:
    """A delivery to one person, whom the destination wants asked for again in an hour."""
    made = _scheduled(world, **rows)
    make_customer(made.campaign.organization)
    delivery = make_delivery(made)
    world.will(429, retry_after="31536000")
    work()
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.pending, len(world.got)) == ("delivering", 1, 1)
    assert "it asks to wait 3600 s" in delivery.error
    return delivery


def test_an_operators_resume_ends_the_wait(world: World, admin_client: Client) -> None:
    delivery = _waiting(world)
    why = delivery.error
    _act(admin_client, "pause", delivery)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error, len(world.got)) == ("paused", why, 1)
    _act(admin_client, "resume", delivery)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, delivery.error, len(world.got)) == ("complete", 1, "", 2)


def test_a_destination_that_was_edited_ends_the_wait(world: World, admin_client: Client) -> None:
    """In the admin; another kind's and another organization's end none."""
    delivery = _waiting(world)
    other = Destination(organization=delivery.organization, kind="push", encrypted_secrets="")
    settings = {"url": world.url}
    save_destination(destination=other, changes={"name": "push", "settings": settings, "secrets": SECRETS})
    foreign = Destination.objects.get(organization=_scheduled(world).campaign.organization)
    save_destination(destination=foreign, changes={"rate_per_second": 5})
    work()
    assert len(world.got) == 1
    with http_world() as right:
        crm = Destination.objects.get(organization=delivery.organization, kind="webhook")
        form = {"name": "CRM", "is_default": "on", "settings": f'{{"url": "{right.url}"}}', "secrets": ""}
        page = admin_client.post(f"/admin/campaigns/destination/{crm.pk}/change/", form | {"attributes": ""})
        assert page.status_code == 302
        work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, len(world.got), len(right.got)) == ("complete", 1, 1, 1)


def test_another_default_ends_the_wait(world: World) -> None:
    delivery = _waiting(world)
    with http_world() as right:
        new = Destination(organization=delivery.organization, kind="webhook")
        told = {"name": "new", "is_default": True, "settings": {"url": right.url}, "secrets": SECRETS}
        save_destination(destination=new, changes=told)
        work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, delivery.destination, len(world.got), len(right.got)) == (
        "complete",
        1,
        "new",
        1,
        1,
    )


def test_an_edited_destination_ends_the_wait_of_triggered_messages_and_of_exports(world: World) -> None:
    rows = _scheduled(world, delivery_method="triggered")
    organization = rows.campaign.organization
    message = TriggeredMessage(uuid.uuid4(), rows.creative.pk, make_customer(organization).pk)
    add_triggered_recipients(organization_id=organization.pk, messages=[message], at=LONG_AGO)
    export = {"ad_type": AdType.AUDIENCE_EXPORT, "creative_type": "audience-export-cheetah"}
    exported = make_delivery(make_scheduled(organization, **export))
    settings = {"url": world.url, "list_id": "1", "user": "shop"}
    made = Destination(organization=organization, name="list", kind="cheetah", settings=settings)
    made.set_secrets({"password": "x"})
    made.save()
    world.will(429, 429, retry_after="31536000")
    work()
    assert len(world.got) == 2
    exported.refresh_from_db()
    assert "Cheetahmail takes nothing now: it answered HTTP 429" in exported.error
    for destination in Destination.objects.filter(organization=organization):
        save_destination(destination=destination, changes={"rate_per_second": 100})
    work()
    exported.refresh_from_db()
    assert (exported.state, exported.error, Recipient.objects.get(delivery=None).state) == ("complete", "", "sent")


def test_a_delivery_says_why_some_wait_and_no_longer_than_they_do(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody's time comes while a slow machine is at it.
    monkeypatch.setattr(settle, "FIRST_PAUSE", 600.0)
    owner = Actor.of()
    rows = _scheduled(world, owner.organization)
    for _ in range(3):
        make_customer(owner.organization)
    make_delivery(rows)
    path = f"creatives/{rows.creative.pk}/delivery"

    def told() -> Any:
        return owner.get(path).json()["delivery"]

    # One is sent, one is to be tried again, and the third goes out with the next batch.
    world.will(200, 503, 503)
    work()
    waiting = f"{SOME_WAIT}it answered HTTP 503 Service Unavailable"
    assert (told()["counts"]["pending"], told()["counts"]["sent"], told()["error"]) == (1, 2, waiting)
    _make_due()
    work()
    assert (told()["state"], told()["counts"]["sent"], told()["error"]) == ("complete", 3, None)
