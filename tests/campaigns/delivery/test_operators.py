"""What operators see and do: the admin's actions, and the command that shows progress."""

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models.functions import Now
from django.test import Client

from campaigns.delivery.channels import registry
from campaigns.delivery.channels.base import Outcome
from campaigns.models import Delivery, Recipient
from campaigns.models.ad_type import CreativeType
from customers.models import Operator
from tests.campaigns.delivery.scheduled import EMAIL, Provider, make_delivery, make_people, make_scheduled, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Client:
    """Somebody who is logged in to the admin."""
    client = Client()
    client.force_login(Operator.objects.create_superuser("operator", password="x"))
    return client


def _act(operator: Client, model: str, action: str, *keys: Any) -> str:
    address = f"/admin/campaigns/{model}/"
    answer = operator.post(address, {"action": action, "_selected_action": keys}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_operators_pause_resume_cancel_and_retry_deliveries(operator: Client) -> None:
    delivery = make_delivery(make_scheduled())
    states = []
    for action in ("pause", "resume", "cancel"):
        assert "Done: 1." in _act(operator, "delivery", action, delivery.pk)
        delivery.refresh_from_db()
        states.append(delivery.state)
    assert states == ["paused", "scheduled", "cancelled"]
    assert "that is cancelled can&#x27;t do that" in _act(operator, "delivery", "retry", delivery.pk)
    assert operator.get(f"/admin/campaigns/delivery/{delivery.pk}/change/").status_code == 200


def test_operators_resolve_ambiguous_recipients(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Provider()
    monkeypatch.setitem(registry.CHANNELS, CreativeType.MESSAGING_PLATFORM_EMAIL, lambda _message: provider)
    rows = make_scheduled(**EMAIL)
    people = make_people(rows.campaign.organization, 11)
    provider.outcomes = {one.pk: [Outcome.UNKNOWN] for one in people}
    delivery = make_delivery(rows)
    work()
    keys = list(Recipient.objects.filter(delivery=delivery, state="ambiguous").values_list("key", flat=True))
    assert len(keys) == 6
    for action, count in (("mark_sent", 1), ("mark_failed", 2), ("send_again", 3)):
        chosen = [keys.pop() for _ in range(count)]
        assert f"{count} recipients settled." in _act(operator, "recipient", action, *chosen)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, delivery.failed, delivery.ambiguous, delivery.pending) == (
        "delivering",
        1,
        2,
        0,
        3,
    )
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, delivery.failed, delivery.ambiguous) == ("complete", 4, 2, 0)
    failed = Recipient.objects.filter(delivery=delivery, state="failed").values_list("key", flat=True)
    assert "2 recipients settled." in _act(operator, "recipient", "send_again", *failed)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failed, delivery.pending, delivery.finished_at) == ("delivering", 0, 2, None)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent, delivery.failed) == ("complete", 6, 0)
    assert operator.get(f"/admin/campaigns/recipient/{chosen[0]}/change/").status_code == 200


def test_the_command_shows_the_progress_of_deliveries(capsys: pytest.CaptureFixture[str]) -> None:
    for state, done in (("building", 0), ("building", 2), ("complete", 4)):
        make_delivery(make_scheduled())
        Delivery.objects.filter(state="scheduled").update(
            state=state, chunks=4, chunks_done=done, audience=10, sent=8, failed=1, ambiguous=1, finished_at=Now()
        )
    call_command("deliveries", "--once")
    shown = re.findall("(building|complete) +(━*) +([0-9 ]+)", capsys.readouterr().out)
    assert [(state, len(bar), numbers.split()) for state, bar, numbers in shown] == [
        ("building", 0, ["10", "8", "1", "0", "1"]),
        ("building", 6, ["10", "8", "1", "0", "1"]),
        ("complete", 24, ["10", "8", "1", "0", "1"]),
    ]


def test_the_command_shows_all_deliveries(capsys: pytest.CaptureFixture[str]) -> None:
    rows = make_scheduled(name="Hello [/b]")
    make_delivery(rows)
    Delivery.objects.update(state="building", chunks=4, chunks_done=2, audience=1234, error="")
    call_command("deliveries", "--once", stdout=StringIO())
    shown = capsys.readouterr().out
    assert "building" in shown
    assert "[/b]" in shown
    assert "1,234" in shown
