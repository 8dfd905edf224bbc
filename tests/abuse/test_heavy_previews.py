"""Previews that cost much end at their bound or with their client, and an organization has two of them at a time."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from customers.models import Customer
from tests.abuse.server import Server
from tests.abuse.sockets import head, opened
from tests.abuse.world import Abused
from tests.config.served import until
from tests.factories import make_application, make_campaign, make_field, make_organization

# As in the issue; each customer is compared with all values of all targets, and meets them all by the last.
TARGETS, VALUES, CUSTOMERS, PREVIEWS = 60, 1_000, 4_000, 8
# Words of the statement that counts an audience.
COUNTING = "json_object_agg(step, number)"


@dataclass(frozen=True)
class Heavy:
    """A company whose campaign asks so much."""

    campaign: str
    basic: str

    @property
    def preview(self) -> str:
        """The path of its preview."""
        return f"{self.campaign}/audience/preview"


@pytest.fixture(scope="module")
def heavy(_served: tuple[Server, Abused], django_db_blocker: DjangoDbBlocker) -> Heavy:
    server, _ = _served
    with django_db_blocker.unblock(), server.database():
        organization = make_organization()
        made = make_application(organization)
        make_field(organization, "note", "string")
        campaign = make_campaign(organization)
        note = "-" * 100 + _value(VALUES - 1)
        Customer.objects.bulk_create(
            Customer(organization=organization, external_id=f"heavy-{number}", attributes={"note": note})
            for number in range(CUSTOMERS)
        )
    basic = base64.b64encode(f"{made.application.api_key}:{made.secret}".encode()).decode()
    found = Heavy(f"/priv/v1/apps/{made.application.api_key}/management/campaigns/{campaign.pk}", basic)
    targets = [
        {"attribute": "note", "operator": "contains", "values": [f"{index}?", *map(_value, range(1, VALUES))]}
        for index in range(TARGETS)
    ]
    body = json.dumps({"campaign": {"targets": targets}})
    answer = server.ask("PUT", found.campaign, body=body, headers={"Authorization": f"Basic {basic}"})
    assert answer.json()["status"] == "ok"
    return found


def _value(number: int) -> str:
    return f"v{number:04}"


def test_eight_at_once_stop_nobody(server: Server, abused: Abused, heavy: Heavy) -> None:
    with ThreadPoolExecutor(PREVIEWS) as attackers:
        options: dict[str, Any] = {"headers": {"Authorization": f"Basic {heavy.basic}"}, "timeout": 60}
        asked = [attackers.submit(server.ask, "POST", heavy.preview, **options) for _ in range(PREVIEWS)]
        until(lambda: server.statements(COUNTING) > 0, "a preview to run", 20)
        assert server.statements(COUNTING) <= 2
        assert server.status("GET", "/healthz") == 200
        others = {"Authorization": f"Basic {abused.basic}"}
        assert server.status("GET", f"{abused.management}/campaigns?limit=1", headers=others) == 200
        answers = [each.result() for each in asked]
    # Who had a turn came to the bound.
    assert {each.status for each in answers} == {429, 503}
    for each in answers:
        assert int(each.headers["Retry-After"]) > 0
        assert each.json()["errors"]["code"] in {"too_many_at_a_time", "service_unavailable"}


def test_a_client_that_hangs_up_cancels_its_statement(server: Server, heavy: Heavy) -> None:
    until(lambda: not server.statements(COUNTING), "the previews before", 20)
    told = server.log.count("client_gone")
    with opened(server) as impatient:
        impatient.sendall(head("POST", heavy.preview, Authorization=f"Basic {heavy.basic}", Content_Length=0))
        until(lambda: server.statements(COUNTING) == 1, "the preview to run", 20)
    until(lambda: not server.statements(COUNTING), "the statement's end", 20)
    until(lambda: server.log.count("client_gone") > told, "a word of it", 5)
