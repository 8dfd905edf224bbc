"""What pages cost while operators work, and what customers cost who have seen a lot: told by their median times."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.db import connection, connections

from campaigns.hierarchy.campaigns import update_campaign
from campaigns.models import AdCampaign
from tests.bench.channel_data import (
    ENDS_AT,
    FIRST_ID,
    ROWS_A_STATEMENT,
    SEED,
    STARTS_AT,
    VISITORS,
    ChannelData,
    make_channel_data,
)
from tests.bench.database import settle
from tests.bench.harness import Scenario, statements_of
from tests.bench.requests import Ids, Request

# What `scenarios` returns: known before any data is made.
NAMES = (
    "sync-page of 5 000 campaigns at 5 edits a second",
    "sync-page of 5 000 participations",
    "sync-page of 5 000 participations, all live",
)
CAMPAIGNS = PARTICIPATIONS = 5000
EDITS_A_SECOND = 5
# Seconds in which each process has loaded 5 000 campaigns.
WARM_UP = 10
SEEN = """
INSERT INTO campaigns_participation (organization_id, customer_id, campaign_id, seen_count, last_seen_at)
SELECT campaign.organization_id, trace.customer_id, campaign.id, 1, now()
FROM campaigns_adcampaign campaign JOIN traces_trail trail ON trail.uuid = %s::uuid
JOIN traces_trace trace ON trace.id = trail.trace_id
WHERE campaign.organization_id = trail.organization_id AND campaign.status = %s
"""


def scenarios() -> list[Scenario]:
    """Make the data and describe what is measured, with few connections: it is the time of an answer that counts."""
    data = make_channel_data("Bench edits", campaigns=CAMPAIGNS, series=9500)
    new, old, busy = (_page_of(data, visitor) for visitor in range(3))
    _make_participations(data)
    page = replace(_page_of(data, "{id}"), connections=2)
    ids = Ids(FIRST_ID + 10, FIRST_ID + VISITORS - 1)
    return [
        Scenario(
            NAMES[0], page, 0.5, None, page, "none", ids=ids, by_time=True, warm_up=WARM_UP, meanwhile=Edits(data)
        ),
        Scenario(
            NAMES[1], old, 0.5, None, new, "a new customer", queries=statements_of(old), by_time=True, warm_up=WARM_UP
        ),
        Scenario(
            NAMES[2],
            busy,
            None,
            None,
            new,
            "a new customer",
            queries=statements_of(busy),
            by_time=True,
            warm_up=WARM_UP,
        ),
    ]


def _page_of(data: ChannelData, visitor: int | str) -> Request:
    body = {
        "app-token": str(data.application.app_token),
        "trail-id": _trail(data, visitor),
        "sync-popups": "true",
        "page-location": "http://my.domain/page",
        "placeholders": [{"placeholder": "id-placeholder1"}, {"placeholder": "id-placeholder2"}],
    }
    good = '{"customer-id":"visitor-'
    return Request("/api/campaigns/sync-page", "POST", json.dumps(body), good=good, connections=1)


def _trail(data: ChannelData, visitor: int | str) -> str:
    """The trail of a visitor by its number, or with the `{id}` of each request."""
    return data.trail if isinstance(visitor, str) else data.trail.replace("{id}", str(FIRST_ID + visitor))


def _make_participations(data: ChannelData) -> None:
    """The second visitor has seen what is over, the third all that is live."""
    organization = data.application.organization
    AdCampaign.objects.bulk_create(
        [
            AdCampaign(
                organization=organization,
                name=f"Over {number}",
                permalink=f"over-{number}",
                status="completed",
                starts_at=STARTS_AT,
                ends_at=ENDS_AT,
            )
            for number in range(PARTICIPATIONS)
        ],
        batch_size=ROWS_A_STATEMENT,
    )
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [_trail(data, 1), "completed"])
        cursor.execute(SEEN, [_trail(data, 2), "live"])
    settle()


class Edits:
    """Operators who edit one live campaign after the other while something is measured."""

    def __init__(self, data: ChannelData) -> None:
        self.organization = data.application.organization
        self.campaigns = list(AdCampaign.objects.filter(organization=self.organization, status="live")[4:])
        self.source = random.Random(SEED)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """EDITS_A_SECOND of them until the end."""
        ended = threading.Event()
        editor = threading.Thread(target=self._edit, args=(ended,))
        editor.start()
        try:
            yield
        finally:
            ended.set()
            editor.join()

    def _edit(self, ended: threading.Event) -> None:
        while not ended.wait(1 / EDITS_A_SECOND):
            campaign = self.source.choice(self.campaigns)
            changes = {"category": self.source.choice(["Sales", "Loyalty"])}
            update_campaign(organization=self.organization, campaign_id=campaign.pk, changes=changes)
        connections.close_all()
