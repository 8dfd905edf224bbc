"""How many statements a read needs: a constant, whatever the size, authentication included."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted
from tests.factories import Hierarchy, make_campaign, make_creative, make_group, make_target

AssertQueries = Callable[[int], AbstractContextManager[object]]
MANY = 50


@pytest.fixture
def warm(owner: Actor, ours: Hierarchy) -> Hierarchy:
    """A hierarchy with targets, every read made once: what is compiled or looked up only once is behind us."""
    make_target(ours.bundle)
    make_target(ours.group)
    for path in _reads(ours):
        accepted(owner.get(path))
    return ours


def _reads(ours: Hierarchy) -> dict[str, int]:
    """Every read, and the number of statements that it may take: one is the application's."""
    return {
        "campaigns": 3,
        "campaigns?status=live&name=nothing": 2,
        f"campaigns/{ours.campaign.pk}": 2,
        f"external/campaigns/{ours.campaign.permalink}": 2,
        f"campaigns/{ours.campaign.pk}/navigation": 2,
        f"campaigns/{ours.campaign.pk}/line_items": 4,
        f"line_items/{ours.line_item.pk}": 2,
        f"line_items/{ours.line_item.pk}/creative_groups": 5,
        f"creative_groups/{ours.group.pk}": 2,
        f"creative_groups/{ours.group.pk}/creatives": 4,
        f"creatives/{ours.creative.pk}": 2,
    }


def _multiply(owner: Actor, ours: Hierarchy) -> None:
    for _ in range(MANY - 1):
        bundle = make_campaign(owner.organization).ad_bundle
        make_target(bundle)
        make_target(bundle, position=1)
        group = make_group(ours.line_item)
        make_target(group)
        make_creative(group, owner.application)


def test_every_read_of_one_row(owner: Actor, warm: Hierarchy, django_assert_num_queries: AssertQueries) -> None:
    for path, count in _reads(warm).items():
        with django_assert_num_queries(count):
            accepted(owner.get(path))


def test_every_read_of_fifty_rows(owner: Actor, warm: Hierarchy, django_assert_num_queries: AssertQueries) -> None:
    _multiply(owner, warm)
    for path, count in _reads(warm).items():
        separator = "&" if "?" in path else "?"
        with django_assert_num_queries(count):
            accepted(owner.get(f"{path}{separator}limit=100"))
    lists = {"campaigns": "campaigns", f"line_items/{warm.line_item.pk}/creative_groups": "creative_groups"}
    for path, member in lists.items():
        assert len(accepted(owner.get(f"{path}?limit=100"))[member]) == MANY
    tree = accepted(owner.get(f"campaigns/{warm.campaign.pk}/navigation"))["campaign"]
    assert len(tree["line_items"][0]["creative_groups"]) == MANY


def test_a_refused_caller_costs_one_statement(owner: Actor, django_assert_num_queries: AssertQueries) -> None:
    with django_assert_num_queries(1):
        assert owner.send("GET", "campaigns", Authorization="Basic Og==").status_code == 401


def test_a_key_that_can_t_be_one_costs_none(owner: Actor, django_assert_num_queries: AssertQueries) -> None:
    with django_assert_num_queries(0):
        answer = owner.client.get("/priv/v1/apps/nonsense/management/campaigns")
    assert answer.status_code == 401


def test_deleting_costs_the_same_whatever_is_below(owner: Actor, ours: Hierarchy) -> None:
    small = owner.make_hierarchy()
    for _ in range(MANY - 1):
        make_creative(make_group(ours.line_item), owner.application)
    counts = []
    for campaign in (small.campaign, ours.campaign):
        with CaptureQueriesContext(connection) as queries:
            assert owner.delete(f"campaigns/{campaign.pk}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
