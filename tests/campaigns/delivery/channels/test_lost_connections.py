"""A database that goes away in the middle of an export costs nothing but another attempt under the same names."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from campaigns.delivery.channels import audience_file, facebook
from campaigns.delivery.channels.file import MANIFEST
from campaigns.delivery.exports import NO_IDENTIFIER
from campaigns.models import Delivery, Destination, Recipient
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.tasks import work_once
from customers.models import Customer, Organization
from tests.campaigns.delivery.scheduled import (
    build,
    make_delivery,
    make_scheduled,
    states_of,
    work,
)
from tests.campaigns.delivery.servers import Got, World
from tests.factories import Hierarchy
from tests.faults.providers import cut_off
from tests.faults.worker import database_url
from tests.stand_ins import wait_for_stand_ins

pytestmark = pytest.mark.django_db(transaction=True)
# Twice what the sockets of a connection can hold: the database is not done when the first lines are read.
PEOPLE, ESSAY = 3_000, "x" * 8_000


def _make_people(organization: Organization, number: int, **attributes: Any) -> None:
    Customer.objects.bulk_create(
        Customer(organization=organization, external_id=f"C{index}", attributes={"number": index, **attributes})
        for index in range(number)
    )


def _built(rows: Hierarchy, kind: str, secrets: dict[str, str] | None = None, **attributes: Any) -> Delivery:
    made = Destination(organization=rows.campaign.organization, name=kind, kind=kind, **attributes)
    made.set_secrets(secrets or {})
    made.save()
    delivery = make_delivery(rows)
    build(delivery)
    return delivery


def _backend() -> int:
    connection.ensure_connection()
    pid: int = connection.connection.info.backend_pid
    return pid


def _require_another_attempt(delivery: Delivery) -> None:
    """The worker that lost its connection noticed it, let the delivery go, and has another connection already."""
    backend = _backend()
    assert work_once()
    # Or it takes the delivery as soon as that may be tried again.
    wait_for_stand_ins()
    assert _backend() != backend
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failures, delivery.lease_token, delivery.file_rows) == (
        "delivering",
        1,
        None,
        None,
    )
    assert "connection" in delivery.error
    assert not Recipient.objects.filter(delivery=delivery, state="sent").exists()


def _settle(delivery: Delivery) -> None:
    Delivery.objects.update(leased_until=None)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error, delivery.lease_token) == ("complete", "", None)


def test_a_file_is_complete_after_a_lost_connection(exports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = make_scheduled(ad_type=AdType.ISSUE_AUDIENCE_CSV, creative_type=CreativeType.ISSUE_AUDIENCE_CSV)
    _make_people(rows.campaign.organization, PEOPLE, essay=ESSAY)
    delivery = _built(rows, "file", attributes=["essay"])
    written: list[int] = []

    class Losing(audience_file._Hashing):
        def write(self, block: Any, /) -> int:
            if not written:
                cut_off(_backend())
            written.append(super().write(block))
            return written[-1]

    monkeypatch.setattr(audience_file, "_Hashing", Losing)
    _require_another_attempt(delivery)
    assert 0 < sum(written) < PEOPLE * len(ESSAY)
    assert not [path for path in exports.rglob("*") if path.is_file()]
    _settle(delivery)
    assert (delivery.sent, delivery.file_rows, states_of(delivery)) == (PEOPLE, PEOPLE, {"sent": PEOPLE})
    place = exports / delivery.file_name
    assert sorted(path for path in exports.rglob("*") if path.is_file()) == [place, Path(f"{place}{MANIFEST}")]
    assert json.loads(Path(f"{place}{MANIFEST}").read_bytes())["sha256"] == delivery.file_sha256
    with place.open(newline="") as file:
        assert [line["external_id"] for line in csv.DictReader(file)] == [f"C{index}" for index in range(PEOPLE)]


def test_facebook_gets_the_same_batches_after_a_lost_connection(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facebook, "PEOPLE_AT_ONCE", 500)
    rows = make_scheduled(ad_type=AdType.AUDIENCE_EXPORT, creative_type=CreativeType.AUDIENCE_EXPORT_FACEBOOK)
    _make_people(rows.campaign.organization, 2_200, phone="0555")
    # Numbers of nothing but zeros, which no database's condition sees.
    lost = Customer.objects.filter(attributes__number__in=[3, 2_100]).update(attributes={"phone": "000"})
    settings = {"url": world.url, "audience_id": "238", "columns": {"PHONE": "phone", "DOBY": "number"}}
    delivery = _built(rows, "facebook", {"access_token": "x"}, settings=settings)
    backend, address, take = _backend(), database_url(), world.next_answer

    def lose(got: Got) -> Any:
        if not world.got:
            cut_off(backend, address)
        return take(got)

    monkeypatch.setattr(world, "next_answer", lose)
    _require_another_attempt(delivery)
    before = len(world.got)
    assert 0 < before < 5
    _settle(delivery)
    assert (delivery.sent, delivery.file_rows, delivery.skipped) == (2_200 - lost, 2_200 - lost, lost)
    assert states_of(delivery) == {"sent": 2_200 - lost, "skipped": lost}
    assert set(Recipient.objects.filter(delivery=delivery, state="skipped").values_list("error", flat=True)) == {
        NO_IDENTIFIER
    }
    first, second = world.got[:before], world.got[before:]
    assert [got.headers["idempotency-key"] for got in second] == [f"{delivery.key}-{number}" for number in range(1, 6)]
    for earlier, later in zip(first, second, strict=False):
        assert earlier.headers["idempotency-key"] == later.headers["idempotency-key"]
        assert earlier.document["payload"] == later.document["payload"]
    assert sum(len(got.document["payload"]["data"]) for got in second) == delivery.sent
