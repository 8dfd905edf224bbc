"""Contract 4, section A, "lists" and "filtering the list"."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from campaigns.models import AdCampaign
from tests.campaigns.behaviors.makers import make_behavior
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, refusal
from tests.factories import Hierarchy, make_campaign, make_group

MANY = 101


@pytest.fixture
def many(owner: Actor) -> list[int]:
    """The ids of more campaigns than a page can have, newest first."""
    rows = AdCampaign.objects.bulk_create(
        AdCampaign(
            organization=owner.organization,
            name=f"Campaign {number}",
            permalink=f"permalink-{number}",
            starts_at=datetime(2021, 1, 1, tzinfo=UTC),
            ends_at=datetime(2022, 1, 1, tzinfo=UTC),
        )
        for number in range(MANY)
    )
    return sorted((row.pk for row in rows), reverse=True)


def _page(actor: Actor, query: str) -> tuple[list[int], dict[str, int]]:
    body = accepted(actor.get(f"campaigns?{query}"))
    assert body.keys() == {"campaigns", "pagination"}
    return [campaign["id"] for campaign in body["campaigns"]], body["pagination"]


def test_newest_first_ten_a_page(owner: Actor, many: list[int]) -> None:
    assert _page(owner, "") == (many[:10], {"page": 1, "limit": 10, "total": MANY})
    assert _page(owner, "page=2") == (many[10:20], {"page": 2, "limit": 10, "total": MANY})
    assert _page(owner, "page=11") == (many[100:], {"page": 11, "limit": 10, "total": MANY})


def test_a_limit(owner: Actor, many: list[int]) -> None:
    assert _page(owner, "limit=1") == (many[:1], {"page": 1, "limit": 1, "total": MANY})
    assert _page(owner, "limit=3&page=2") == (many[3:6], {"page": 2, "limit": 3, "total": MANY})
    assert _page(owner, "limit=100") == (many[:100], {"page": 1, "limit": 100, "total": MANY})


@pytest.mark.parametrize("limit", ["1001", "0" * 20 + "1001", "9" * 18, "9" * 30, "1" + "0" * 400])
def test_a_limit_above_the_most_is_refused_and_names_it(owner: Actor, ours: Hierarchy, limit: str) -> None:
    for path in (
        "campaigns",
        f"line_items/{ours.line_item.pk}/creative_groups",
        f"campaigns/{ours.campaign.pk}/behaviors",
    ):
        assert "1000" in refusal(owner.get(f"{path}?limit={limit}"), "argument_error")["limit"][0]


def test_as_many_as_the_most_are_given(owner: Actor, many: list[int]) -> None:
    assert _page(owner, "limit=1000") == (many, {"page": 1, "limit": 1000, "total": MANY})
    assert _page(owner, "limit=" + "0" * 20 + "1000") == (many, {"page": 1, "limit": 1000, "total": MANY})


@pytest.mark.parametrize("page", ["12", "1000000", "9" * 18, "9" * 30, "1" + "0" * 400])
def test_past_the_end(owner: Actor, many: list[int], page: str) -> None:
    rows, pagination = _page(owner, f"page={page}")
    assert rows == []
    assert pagination.keys() == {"page", "limit", "total"}
    assert (pagination["limit"], pagination["total"]) == (10, len(many))
    assert pagination["page"] == int(page) or len(page) > 15


@pytest.mark.parametrize("number", ["0", "-1", "", "abc", "1.0", "1e1", "+1", "٣", "%00", "null", "1%0A", "--1", "0x1"])
def test_what_is_no_positive_integer(owner: Actor, ours: Hierarchy, number: str) -> None:
    lists = (
        "campaigns",
        f"campaigns/{ours.campaign.pk}/line_items",
        f"line_items/{ours.line_item.pk}/creative_groups",
        f"creative_groups/{ours.group.pk}/creatives",
    )
    for path in lists:
        assert refusal(owner.get(f"{path}?limit={number}"), "argument_error").keys() == {"limit"}
        assert refusal(owner.get(f"{path}?page={number}"), "argument_error").keys() == {"page"}
        assert refusal(owner.get(f"{path}?page={number}&limit={number}"), "argument_error").keys() == {"page", "limit"}


def test_lists_below_a_parent_are_whole_where_no_page_is_asked_for(owner: Actor, ours: Hierarchy) -> None:
    path = f"line_items/{ours.line_item.pk}/creative_groups"
    groups = [ours.group.pk, *(make_group(ours.line_item).pk for _ in range(11))][::-1]
    body = accepted(owner.get(path))
    assert [group["id"] for group in body["creative_groups"]] == groups
    assert body["pagination"] == {"page": 1, "limit": 12, "total": 12}
    assert len(accepted(owner.get(f"{path}?page=1"))["creative_groups"]) == 10


def test_behaviors_have_pages_where_they_are_asked_for(owner: Actor, ours: Hierarchy) -> None:
    path = f"campaigns/{ours.campaign.pk}/behaviors"
    for _ in range(3):
        make_behavior(ours.campaign)
    whole = accepted(owner.get(path))
    assert whole.keys() == {"behaviors"}
    body = accepted(owner.get(f"{path}?limit=1&page=2"))
    assert body["behaviors"] == whole["behaviors"][1:2]
    assert body["pagination"] == {"page": 2, "limit": 1, "total": len(whole["behaviors"])}


def test_lists_below_a_parent_have_pages_too(owner: Actor, ours: Hierarchy) -> None:
    groups = [ours.group.pk, *(make_group(ours.line_item).pk for _ in range(4))][::-1]
    body = accepted(owner.get(f"line_items/{ours.line_item.pk}/creative_groups?limit=2&page=2"))
    assert [group["id"] for group in body["creative_groups"]] == groups[2:4]
    assert body["pagination"] == {"page": 2, "limit": 2, "total": 5}
    for path in (f"campaigns/{ours.campaign.pk}/line_items", f"creative_groups/{ours.group.pk}/creatives"):
        assert accepted(owner.get(f"{path}?limit=2"))["pagination"] == {"page": 1, "limit": 2, "total": 1}
        assert accepted(owner.get(f"{path}?page=2"))[path.rpartition("/")[2]] == []


@pytest.fixture
def three(owner: Actor) -> dict[str, int]:
    """A draft, a live and a completed campaign, one a year from 2020 on."""
    statuses = {2020: "draft", 2021: "live", 2022: "completed"}
    made = {}
    for year, status in statuses.items():
        campaign = make_campaign(
            owner.organization,
            name=f"Year {year}",
            status=status,
            starts_at=datetime(year, 1, 1, tzinfo=UTC),
            ends_at=datetime(year, 12, 31, tzinfo=UTC),
        )
        AdCampaign.objects.filter(pk=campaign.pk).update(updated_at=datetime(year, 6, 1, tzinfo=UTC))
        made[status] = campaign.pk
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=draft", ["draft"]),
        ("status=completed", ["completed"]),
        ("status=paused", []),
        ("name=Year 2021", ["live"]),
        ("name=year 2021", []),
        ("name=Year", []),
        ("name='; DROP TABLE campaigns_adcampaign; --", []),
        ("starts_after=2021-01-01T00:00:00Z", ["completed", "live"]),
        ("starts_after=2021-01-01T00:00:01Z", ["completed"]),
        ("starts_after=2020-12-31 19:00:00 -0500", ["completed", "live"]),
        ("ends_before=2021-12-31T00:00:00Z", ["live", "draft"]),
        ("ends_before=2021-12-30T23:59:59+00:00", ["draft"]),
        ("updated_since=2021-06-01T00:00:00Z", ["completed", "live"]),
        ("updated_since=2021-06-01T00:00:01Z", ["completed"]),
        ("starts_after=2020-06-01T00:00:00Z&ends_before=2022-06-01T00:00:00Z", ["live"]),
        ("status=live&name=Year 2021&limit=1", ["live"]),
        ("status=live&name=Year 2020", []),
        ("status=", ["completed", "live", "draft"]),
        ("name=", ["completed", "live", "draft"]),
    ],
)
def test_filters(owner: Actor, three: dict[str, int], query: str, expected: list[str]) -> None:
    rows, pagination = _page(owner, quote(query, safe="=&"))
    assert rows == [three[status] for status in expected]
    assert pagination["total"] == len(expected)


def test_an_offsets_plus_may_come_as_a_space(owner: Actor, three: dict[str, int]) -> None:
    for query in ("starts_after=2021-01-01T01:00:00+01:00", "starts_after=2021-01-01 01:00:00 +0100"):
        assert _page(owner, query.replace(" ", "%20"))[0] == [three["completed"], three["live"]]


@pytest.mark.parametrize("name", ["starts_after", "ends_before", "updated_since", "status"])
@pytest.mark.parametrize("value", ["nonsense", "2021-13-01", "99999-01-01", "%00", "2021-01-01T00:00:00Z%00", "7"])
def test_a_wrong_filter(owner: Actor, name: str, value: str) -> None:
    assert refusal(owner.get(f"campaigns?{name}={value}"), "argument_error").keys() == {name}


def test_every_wrong_filter_is_named(owner: Actor) -> None:
    query = "status=x&starts_after=x&ends_before=x&updated_since=x"
    fields = refusal(owner.get(f"campaigns?{query}"), "argument_error")
    assert fields.keys() == {"status", "starts_after", "ends_before", "updated_since"}


def test_a_wrong_filter_is_named_beside_a_wrong_limit(owner: Actor) -> None:
    """Contract 4: all offending attributes are reported at once."""
    assert refusal(owner.get("campaigns?status=x&limit=0"), "argument_error").keys() == {"status", "limit"}


def test_a_name_with_what_no_name_has(owner: Actor) -> None:
    answer = owner.get("campaigns?name=%00")
    assert answer.status_code == 200
    assert answer.json().get("campaigns", []) == []


def test_filters_are_those_of_the_campaign_list_only(owner: Actor, ours: Hierarchy) -> None:
    body = accepted(owner.get(f"campaigns/{ours.campaign.pk}/line_items?status=paused"))
    assert body["pagination"]["total"] == 1
