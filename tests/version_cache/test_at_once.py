"""Writers, readers and the clock at once: nobody sees half of a write, and nothing that was written is missed."""

import threading
from datetime import timedelta
from functools import partial
from itertools import count
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from campaigns.decisions.version_cache import STORE
from campaigns.hierarchy.campaigns import update_campaign
from campaigns.hierarchy.creative_groups import update_group
from campaigns.models import AdCampaign, AdLineItem
from customers.models import Organization
from customers.organizations.organizations import bump_version
from tests.channels import ENDS_AT, STARTS_AT, make_banner, make_live_campaign, make_placeholder
from tests.factories import make_application, make_group, make_line_item
from tests.together import PATIENCE_SECONDS, together, wait_for_connections
from tests.version_cache.exact import assert_exact, keep

pytestmark = pytest.mark.django_db(transaction=True)
DATES = {"starts_at": STARTS_AT, "ends_at": ENDS_AT, "status": "live"}
WRITES = 12


def test_readers_see_all_of_a_write_or_nothing_of_it() -> None:
    """Writers raise the priority of two campaigns in one transaction: whoever reads finds them equal, everywhere."""
    application = make_application().application
    organization, placeholder = application.organization, make_placeholder(application)
    pair = [make_live_campaign(organization).pk for _ in range(2)]
    for campaign_id in pair:
        make_banner(placeholder, AdCampaign.objects.get(pk=campaign_id))
    wait_for_connections(8)
    numbers, written = count(1), threading.Semaphore(0)

    def write() -> None:
        for _ in range(WRITES):
            with transaction.atomic():
                # Both write both: the first one's row is what they take turns by.
                first = AdCampaign.objects.select_for_update(no_key=True).get(pk=pair[0])
                priority = next(numbers)
                AdCampaign.objects.filter(pk__in=pair).update(priority=priority)
                bump_version(organization=organization, changed={type(first): pair})
        written.release()

    def read() -> int:
        seen = 0
        while not written.acquire(blocking=False):
            kept = keep(organization)
            index = kept["channel"].placeholders[placeholder.pk].index
            found = [kept["definitions"].by_id[key].candidate.priority for key in pair]
            for known in (index, kept["channel"].definitions.index):
                assert len({one.priority for one in known.all}) == 1
            assert found[0] == found[1] >= seen
            seen = found[0]
        written.release()
        return seen

    together([write, write, *[read] * 4])
    assert keep(organization)["definitions"].by_id[pair[0]].candidate.priority == 2 * WRITES
    assert_exact(organization)


def test_a_change_below_a_row_that_moves_concurrently_is_found() -> None:
    """One moves a container to another campaign, the other one changes a group in it: they lock different rows."""
    organization = make_application().application.organization
    first, second = (make_live_campaign(organization) for _ in range(2))
    item = make_line_item(first, **DATES)
    group = make_group(item, **DATES)
    keep(organization)
    wait_for_connections(8)
    for number in range(WRITES):
        now, there = (second, first) if number % 2 else (first, second)
        together([partial(_move, organization, item, now, there), partial(_change, organization, group.pk, number)])
        assert_exact(organization)


def _move(organization: Organization, item: AdLineItem, here: AdCampaign, there: AdCampaign) -> None:
    with transaction.atomic():
        AdLineItem.objects.filter(pk=item.pk).update(campaign=there)
        bump_version(organization=organization, changed={AdLineItem: [item.pk], AdCampaign: [here.pk]})


def _change(organization: Organization, group_id: int, number: int) -> None:
    changes = {"ends_at": ENDS_AT + timedelta(days=number)}
    update_group(organization=organization, group_id=group_id, changes=changes)


def test_an_ended_campaign_is_removed_from_the_cache_and_returns_when_extended() -> None:
    application = make_application().application
    organization = application.organization
    short, long = make_live_campaign(organization), make_live_campaign(organization)
    placeholder = make_placeholder(application)
    for campaign in (short, long):
        make_banner(placeholder, campaign)
    ends_at = timezone.now() + timedelta(milliseconds=300)
    AdCampaign.objects.filter(pk=short.pk).update(ends_at=ends_at)
    bump_version(organization=organization)
    assert _ids(organization) == {short.pk, long.pk}
    _wait_until(ends_at)
    assert _ids(organization) == {short.pk, long.pk}
    # Nothing is said of the campaign that is over: it goes with the next change of anything.
    update_campaign(organization=organization, campaign_id=long.pk, changes={"priority": 1})
    assert _ids(organization) == {long.pk}
    assert_exact(organization)
    update_campaign(organization=organization, campaign_id=short.pk, changes={"ends_at": ENDS_AT})
    assert _ids(organization) == {short.pk, long.pk}
    assert_exact(organization)


def _ids(organization: Organization) -> set[int]:
    kept = keep(organization)
    (placeholder,) = kept["channel"].placeholders.values()
    shown = {one.campaign_id for one in placeholder.index.all}
    assert shown == set(kept["definitions"].by_id)
    return shown


def _wait_until(moment: Any) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT now() > %s", [moment])
            if cursor.fetchone() == (True,):
                return
        assert monotonic() < deadline
        sleep(0.02)


def test_organizations_are_evicted_while_others_read_them(settings: Any) -> None:
    """With room for one of them, all are right all the same."""
    settings.DEFINITION_CACHE_MB = 0
    organizations = [make_application().application.organization for _ in range(4)]
    campaigns = {one.pk: make_live_campaign(one).pk for one in organizations}
    wait_for_connections(8)

    def read(organization: Organization) -> None:
        for _ in range(WRITES):
            assert [*keep(organization)["definitions"].by_id] == [campaigns[organization.pk]]

    together([partial(read, organization) for organization in organizations])
    assert len(STORE.by_organization) <= 1
