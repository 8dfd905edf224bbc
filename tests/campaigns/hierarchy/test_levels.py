"""The rules that every level keeps: the name of what was deleted, and the version stamp of every write."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection, transaction

from campaigns.hierarchy.campaigns import create_campaign, delete_campaign, update_campaign
from campaigns.hierarchy.creative_groups import create_group, delete_group, update_group
from campaigns.hierarchy.creatives import create_creative, delete_creative, update_creative
from campaigns.hierarchy.levels import deleted_name
from campaigns.hierarchy.line_items import create_line_item, delete_line_item, update_line_item
from campaigns.models import AdCampaign
from campaigns.models.level import LIVE, Status
from campaigns.schedule.levels import is_live
from customers.errors import DomainError
from customers.models import Organization
from tests.factories import (
    ENDS_AT,
    STARTS_AT,
    Hierarchy,
    make_application,
    make_campaign,
    make_group,
    make_hierarchy,
    unique,
)

Own = dict[str, Organization]
NOW = datetime(2022, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2017, 10, 25, 15, 50, tzinfo=UTC), "Oct 25, 2017 03:50 pm"),
        (datetime(2015, 1, 1, 5, 0, tzinfo=UTC), "Jan 1, 2015 05:00 am"),
        (datetime(2020, 2, 29, 0, 0, tzinfo=UTC), "Feb 29, 2020 12:00 am"),
        (datetime(2020, 2, 29, 0, 59, 59, tzinfo=UTC), "Feb 29, 2020 12:59 am"),
        (datetime(2020, 2, 29, 11, 59, tzinfo=UTC), "Feb 29, 2020 11:59 am"),
        (datetime(2020, 2, 29, 12, 0, tzinfo=UTC), "Feb 29, 2020 12:00 pm"),
        (datetime(2020, 2, 29, 12, 1, tzinfo=UTC), "Feb 29, 2020 12:01 pm"),
        (datetime(2020, 2, 29, 23, 59, tzinfo=UTC), "Feb 29, 2020 11:59 pm"),
        (datetime(2020, 12, 31, 22, 0, tzinfo=timezone(timedelta(hours=-4))), "Jan 1, 2021 02:00 am"),
    ],
)
def test_the_name_of_a_deleted_level_has_the_time(moment: datetime, shown: str) -> None:
    assert deleted_name("Line Item Example", moment) == f"Line Item Example[DELETED AT {shown}]"


def test_the_months_are_english_ones() -> None:
    names = [deleted_name("", datetime(2021, month, 9, tzinfo=UTC))[12:15] for month in range(1, 13)]
    assert names == ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@pytest.fixture
def rows(db: None) -> Hierarchy:  # noqa: ARG001
    """A campaign with one row at every level."""
    return make_hierarchy(make_application().application)


def _version(rows: Hierarchy) -> int:
    return Organization.objects.get(pk=rows.campaign.organization_id).version


def _dated(**more: Any) -> dict[str, Any]:
    return {"name": unique("Row"), "starts_at": STARTS_AT, "ends_at": ENDS_AT} | more


def _creative(**more: Any) -> dict[str, Any]:
    types = {"ad_type": "push_message", "creative_type": "messaging-platform-push"}
    return types | {"name": "Row", "delivery_method": "scheduled", "scheduled_delivery_date": NOW} | more


def _create_campaign(_: Hierarchy, own: Own, *, wrong: bool) -> None:
    create_campaign(**own, attributes=_dated(targets=[{}] if wrong else []))


def _update_campaign(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    changes = {"name": "New", "targets": [{}] if wrong else []}
    update_campaign(**own, campaign_id=rows.campaign.pk, changes=changes)


def _delete_campaign(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    delete_campaign(**own, campaign_id=0 if wrong else rows.campaign.pk, now=NOW)


def _create_line_item(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    campaign = rows.campaign if wrong else make_campaign(rows.campaign.organization)
    create_line_item(**own, campaign_id=campaign.pk, attributes=_dated())


def _update_line_item(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    changes = {"name": "New"} | ({"ends_at": STARTS_AT} if wrong else {})
    update_line_item(**own, line_item_id=rows.line_item.pk, changes=changes)


def _delete_line_item(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    delete_line_item(**own, line_item_id=0 if wrong else rows.line_item.pk, now=NOW)


def _create_group(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    create_group(**own, line_item_id=rows.line_item.pk, attributes=_dated(targets=[{}] if wrong else []))


def _update_group(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    update_group(**own, group_id=rows.group.pk, changes={"name": "New", "targets": [{}] if wrong else []})


def _delete_group(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    delete_group(**own, group_id=0 if wrong else rows.group.pk, now=NOW)


def _create_creative(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    group = rows.group if wrong else make_group(rows.line_item)
    create_creative(**own, application=rows.creative.application, group_id=group.pk, attributes=_creative())


def _update_creative(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    changes = {"name": "New"} | ({"creative_type": "issue-bulk-offer"} if wrong else {})
    update_creative(**own, creative_id=rows.creative.pk, changes=changes)


def _delete_creative(rows: Hierarchy, own: Own, *, wrong: bool) -> None:
    delete_creative(**own, creative_id=0 if wrong else rows.creative.pk, now=NOW)


# Every write of the hierarchy; a `wrong` one breaks a rule.
WRITES = [
    *(_create_campaign, _update_campaign, _delete_campaign),
    *(_create_line_item, _update_line_item, _delete_line_item),
    *(_create_group, _update_group, _delete_group),
    *(_create_creative, _update_creative, _delete_creative),
]


def _write(write: Callable[..., None], rows: Hierarchy, *, wrong: bool = False) -> None:
    write(rows, {"organization": rows.campaign.organization}, wrong=wrong)


@pytest.mark.parametrize("write", WRITES)
def test_every_write_bumps_the_version(rows: Hierarchy, write: Callable[..., None]) -> None:
    before = _version(rows)
    _write(write, rows)
    assert _version(rows) > before


@pytest.mark.parametrize("write", WRITES)
def test_a_refused_write_bumps_no_version(rows: Hierarchy, write: Callable[..., None]) -> None:
    before = _version(rows)
    with pytest.raises(DomainError):
        _write(write, rows, wrong=True)
    assert _version(rows) == before


@pytest.mark.parametrize("write", WRITES)
def test_a_rolled_back_write_bumps_no_version(rows: Hierarchy, write: Callable[..., None]) -> None:
    before = _version(rows)
    with transaction.atomic():
        _write(write, rows)
        assert _version(rows) > before
        transaction.set_rollback(True)
    assert _version(rows) == before


def test_a_write_bumps_the_version_of_its_own_organization_only(rows: Hierarchy) -> None:
    other = make_hierarchy(make_application().application)
    before = _version(other)
    _write(_update_campaign, rows)
    assert _version(other) == before


def test_a_read_bumps_no_version(rows: Hierarchy) -> None:
    before = _version(rows)
    assert list(AdCampaign.objects.filter(organization=rows.campaign.organization))
    assert _version(rows) == before


def test_sql_and_python_call_the_same_levels_live(rows: Hierarchy) -> None:
    for status in Status.values:
        for deleted_at in (None, NOW):
            make_campaign(rows.campaign.organization, status=status, deleted_at=deleted_at)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM campaigns_adcampaign campaign WHERE {is_live('campaign')}")
        live = {row[0] for row in cursor.fetchall()}
    assert live == set(AdCampaign.objects.filter(LIVE).values_list("id", flat=True))
    assert 0 < len(live) < AdCampaign.objects.count()
