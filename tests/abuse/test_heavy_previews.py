"""Previews that take long leave threads to others, and end with their client."""

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.abuse.server import PREVIEW_SECONDS, Server
from tests.abuse.sockets import head, opened
from tests.abuse.world import Abused
from tests.config.served import until
from tests.factories import make_application, make_campaign, make_organization

# As in the issue; twice as many as all threads of the server.
PREVIEWS = 8
# Each of its two processes keeps one of its two threads for others.
MOST = 2
# So many requests of others that each process has some of them.
OTHERS = 20
# Words of the statement that counts an audience.
COUNTING = "json_object_agg(step, number)"
# In which a client's going is seen, on a machine that is busy; the preview itself would last much longer.
SEEN_SECONDS = 60


@dataclass(frozen=True)
class Heavy:
    """A company whose previews take long while customers are locked."""

    preview: str
    basic: str

    @property
    def options(self) -> dict[str, Any]:
        """What the client is told of its requests."""
        return {"headers": {"Authorization": f"Basic {self.basic}"}, "timeout": PREVIEW_SECONDS}


@pytest.fixture(scope="module")
def heavies(_served: tuple[Server, Abused], django_db_blocker: DjangoDbBlocker) -> list[Heavy]:
    server, _ = _served
    with django_db_blocker.unblock(), server.database():
        return [_make_heavy() for _ in range(2)]


def _make_heavy() -> Heavy:
    organization = make_organization()
    made = make_application(organization)
    key, campaign = made.application.api_key, make_campaign(organization)
    basic = base64.b64encode(f"{key}:{made.secret}".encode()).decode()
    return Heavy(f"/priv/v1/apps/{key}/management/campaigns/{campaign.pk}/audience/preview", basic)


@pytest.mark.parametrize("companies", [1, 2])
def test_eight_previews_at_once_delay_no_other_request(
    server: Server, abused: Abused, heavies: list[Heavy], companies: int
) -> None:
    askers = [heavies[place % companies] for place in range(PREVIEWS)]
    with ThreadPoolExecutor(PREVIEWS) as attackers, server.locked("customers_customer"):
        asked = [attackers.submit(server.ask, "POST", each.preview, **each.options) for each in askers]
        until(
            lambda: server.statements(COUNTING) + sum(each.done() for each in asked) == PREVIEWS,
            "each preview to run or to be refused",
            SEEN_SECONDS,
        )
        assert 1 <= server.statements(COUNTING) <= MOST
        others = {"Authorization": f"Basic {abused.basic}"}
        for _ in range(OTHERS):
            assert server.status("GET", f"{abused.management}/campaigns?limit=1", headers=others) == 200
    answers = [each.result() for each in asked]
    refused = [each for each in answers if each.status != 200]
    assert PREVIEWS - MOST <= len(refused) < PREVIEWS
    for each in refused:
        assert (each.status, each.json()["errors"]["code"]) == (429, "too_many_at_a_time")
        assert int(each.headers["Retry-After"]) > 0


def test_a_client_that_hangs_up_cancels_its_statement(server: Server, heavies: list[Heavy]) -> None:
    told = server.log.count("client_gone")
    asked = head("POST", heavies[0].preview, Authorization=f"Basic {heavies[0].basic}", Content_Length=0)
    with server.locked("customers_customer"):
        with opened(server) as impatient:
            impatient.sendall(asked)
            until(lambda: server.statements(COUNTING) == 1, "the preview to run", SEEN_SECONDS)
        until(lambda: not server.statements(COUNTING), "the statement's end", SEEN_SECONDS)
        until(lambda: server.log.count("client_gone") > told, "a word of it", SEEN_SECONDS)
