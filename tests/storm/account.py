"""After the storm: every acknowledged write is there once, every delivery is exact, and the log is clean."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import connection

from campaigns.models import (
    AdCampaign,
    Delivery,
    Event,
    Interaction,
    IssuedOffer,
    Participation,
    PointsEntry,
    Recipient,
    SpendLimit,
)
from campaigns.models.delivery import DeliveryState
from customers.models import Customer, CustomerAlias
from tests.storm.actors import Receipts
from tests.storm.world import POINTS, World
from traces.models import Action

ERROR = re.compile(r"\b(ERROR|FATAL|PANIC):")
ENDED = "terminating connection due to administrator command"


class ServerLog:
    """What PostgreSQL writes to its log from now on about one database; without a path `unread` says why."""

    def __init__(self, path: Path | None, unread: str = "") -> None:
        self._path, self.unread = path, unread
        self._start = 0
        if path is not None:
            # A log that can't be opened is told now, not after the storm.
            with path.open("rb") as file:
                self._start = file.seek(0, os.SEEK_END)

    def errors(self, database: str) -> list[str]:
        """Its error lines; lines about other databases of the same server are none of ours."""
        if self._path is None:
            return []
        with self._path.open(errors="replace") as file:
            file.seek(self._start)
            return [
                line.strip()
                for line in file
                if ERROR.search(line) and ENDED not in line and (f"@{database} " in line or "@" not in line)
            ]


def deadlocks() -> int:
    """How many the server has counted in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def unfinished() -> int:
    """Deliveries and triggered messages that are still on their way."""
    open_deliveries = Delivery.objects.exclude(
        state__in=[DeliveryState.COMPLETE, DeliveryState.FAILED, DeliveryState.CANCELLED, DeliveryState.SKIPPED]
    )
    waiting = Recipient.objects.filter(state__in=["pending", "leased"])
    return open_deliveries.count() + waiting.count()


def wrong_with(world: World, receipts: Receipts, received: Counter[str]) -> Iterator[str]:
    """A sentence for everything that does not agree with what was acknowledged or received."""
    yield from _wrong_with_events(world, receipts)
    yield from _wrong_with_tokens(world, receipts)
    yield from _wrong_with_edits(receipts)
    yield from _wrong_with_deliveries(world, receipts)
    yield from _wrong_with_messages(received)


def _wrong_with_events(world: World, receipts: Receipts) -> Iterator[str]:
    sent = {name for name in receipts.events if name != "score"}
    kept = Counter(
        str(event_id).split(":", 1)[-1]
        for event_id in Event.objects.filter(event_id__isnull=False).values_list("event_id", flat=True)
    )
    yield from _missing("events", sent, kept)
    yield from _missing(
        "actions", receipts.actions, Counter(str(each) for each in Action.objects.values_list("uuid", flat=True))
    )
    points = sum(PointsEntry.objects.filter(organization=world.organization_id).values_list("amount", flat=True))
    if points != receipts.events["score"] * POINTS:
        yield f"{points} points for {receipts.events['score']} scores of {POINTS}"


def _wrong_with_tokens(world: World, receipts: Receipts) -> Iterator[str]:
    rows = list(Interaction.objects.filter(organization=world.organization_id).values_list("token", "campaign_id"))
    yield from _missing("tokens", receipts.tokens, Counter(str(token) for token, _ in rows))
    for kind, column in (("conversion", "converted_count"), ("dismiss", "dismissed_count")):
        counted = sum(Participation.objects.values_list(column, flat=True))
        acknowledged = sum(each == kind for each in receipts.closed.values())
        if counted != acknowledged:
            yield f"{counted} counted as {column}, {acknowledged} acknowledged"
    redeemed = set(IssuedOffer.objects.filter(redeemed_at__isnull=False).values_list("id", flat=True))
    yield from _missing("redeemed offers", receipts.redeemed, Counter(redeemed))


def _wrong_with_edits(receipts: Receipts) -> Iterator[str]:
    for campaign_id, changes in receipts.campaigns.items():
        kept = AdCampaign.objects.filter(pk=campaign_id).values(*changes).get()
        if kept != changes:
            yield f"campaign {campaign_id} is {kept}, acknowledged was {changes}"
    for campaign_id, amount in receipts.limits.items():
        limit = str(SpendLimit.objects.get(campaign_id=campaign_id).amount)
        if limit != amount:
            yield f"campaign {campaign_id} has a limit of {limit}, acknowledged was {amount}"
    living = set(AdCampaign.objects.filter(pk__in=receipts.deleted, deleted_at=None).values_list("pk", flat=True))
    if living:
        yield f"deleted campaigns that live: {living}"
    visits = dict(Customer.objects.filter(external_id__in=receipts.nicknames).values_list("external_id", "attributes"))
    for customer, number in receipts.nicknames.items():
        if visits.get(customer, {}).get("visits") != number:
            yield f"customer {customer} has {visits.get(customer)}, acknowledged were {number} visits"


def _wrong_with_deliveries(world: World, receipts: Receipts) -> Iterator[str]:
    vips = set(
        Customer.objects.filter(organization=world.organization_id, tags__contains=["vip"]).values_list("pk", flat=True)
    )
    states = Counter(Delivery.objects.values_list("state", flat=True))
    if set(states) - {"complete"}:
        yield f"deliveries are {dict(states)}"
    for delivery in Delivery.objects.order_by("id"):
        kind = receipts.creatives.get(delivery.creative_id)
        audience = list(Recipient.objects.filter(delivery=delivery).values_list("customer_id", flat=True))
        if len(audience) != len(set(audience)):
            yield f"delivery {delivery.pk} has a recipient twice"
        if kind in {"uncapped", "counted"} and set(audience) != vips:
            lost, strange = sorted(vips - set(audience)), set(audience) - vips
            yield f"delivery {delivery.pk} ({kind}) lost {len(lost)} of {len(vips)} {lost[:5]}, {len(strange)} too many"
        if delivery.sent != delivery.audience:
            told = f"{delivery.sent} sent of {delivery.audience} {delivery.error}"
            yield f"delivery {delivery.pk} ({kind}, {delivery.state}): {told}"


def _wrong_with_messages(received: Counter[str]) -> Iterator[str]:
    twice = [key for key, times in received.items() if times > 1]
    if twice:
        yield f"{len(twice)} messages were received twice, such as {twice[:3]}"
    states = {str(key): state for key, state in Recipient.objects.values_list("key", "state")}
    lost = [key for key, state in states.items() if state == "sent" and key not in received]
    if lost:
        yield f"{len(lost)} messages are sent and were never received, such as {lost[:3]}"
    unsent = [key for key in received if states.get(key, "sent") != "sent"]
    if unsent:
        yield f"{len(unsent)} messages were received and are not sent, such as {unsent[:3]}"
    # Two recipients of one delivery who became one customer after both were sent it are one row now.
    gone = len(received.keys() - states.keys())
    if gone > CustomerAlias.objects.count() * Delivery.objects.count():
        yield f"{gone} messages were received by nobody"


def _missing(what: str, acknowledged: Iterable[Any], kept: "Counter[Any]") -> Iterator[str]:
    wanted = set(acknowledged)
    lost = [each for each in wanted if kept[each] == 0]
    twice = [each for each in wanted if kept[each] > 1]
    if lost or twice:
        yield f"{what}: of {len(wanted)} {len(lost)} are lost {lost[:3]}, {len(twice)} there twice {twice[:3]}"
