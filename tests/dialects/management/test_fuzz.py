"""No body, path or query makes a 5xx, and a refused write changes nothing."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.contents import contents
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor, Answer
from tests.factories import Hierarchy, make_achievement, make_campaign, make_field, make_goal, make_group

FIXED = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
CODES = {"argument_error", "missing_data", "validation", "not_found", "method_not_allowed", "too_large"}

nasty_text = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "%s", "%", "{0}", "\u202e", "x" * 300, "🎈"]),
)
nasty_number = st.one_of(
    st.sampled_from([0, -1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**40, -(10**400), 1e308, -0.0, 0.1]),
    st.integers(),
)
scalar = st.one_of(st.none(), st.booleans(), nasty_number, nasty_text)
anything = st.recursive(
    scalar,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(nasty_text, inner, max_size=3),
    max_leaves=6,
)
deep = st.integers(1, 400).map(lambda depth: json.loads("[" * depth + "]" * depth))
times = st.sampled_from(
    ["2020-08-12T17:45:48Z", "2023-08-13 15:52:33 -0400", "9999-12-31T23:59:59Z", "0001-01-01", "2020-08-12T24:00", "x"]
)
message = st.fixed_dictionaries(
    {},
    optional={
        "delivery_method": st.sampled_from(["scheduled", "triggered"]) | anything,
        "scheduled_delivery_date": times | anything,
        "issue_offer_date": times | anything,
        "achievement_id": st.integers(0, 3) | anything,
        "lateness_window": anything,
        "offer_ids": st.lists(nasty_text | anything, max_size=3) | anything,
        "template_id": anything,
        "next_ad_type": anything,
        "orientation": anything,
        "portal_description": anything,
        "portal_icon": anything,
        "second_sn_audience_guid": anything,
        "trigger_type": anything,
    },
)
target = st.fixed_dictionaries(
    {},
    optional={
        "attribute": st.sampled_from(["state", "visits", "spent", "born", "seen", "vip", "tag", "points"]) | anything,
        "operator": st.sampled_from(["in", "not_in", "gte", "between", "contains", "exists"]) | anything,
        "values": st.lists(scalar | times, max_size=3) | anything | deep,
        "more": anything,
    },
)
goal = st.fixed_dictionaries(
    {
        "achievement": st.fixed_dictionaries(
            {},
            optional={
                "id": nasty_number | anything,
                "name": nasty_text | anything,
                "internal_event_name": anything,
                "event_count": nasty_number,
                "event_filters": st.fixed_dictionaries(
                    {},
                    optional={
                        "start_time": st.sampled_from(["08:00", "24:00", "8:00\n"]) | anything,
                        "end_time": st.sampled_from(["08:00", "24:00"]) | anything,
                        "days": st.lists(st.sampled_from(["mon", "x"]) | anything, max_size=2) | anything,
                        "attributes": st.lists(target | anything, max_size=2) | deep,
                    },
                )
                | anything,
                "data": st.just({}) | anything,
            },
        )
        | anything
    }
)
ATTRIBUTES: dict[str, st.SearchStrategy[Any]] = {
    "name": nasty_text | anything,
    "status": st.sampled_from(["draft", "live", "completed"]) | anything,
    "starts_at": times | anything,
    "ends_at": times | anything,
    "permalink": nasty_text | anything,
    "owner": anything,
    "category": anything,
    "priority": nasty_number | anything,
    "targets": st.lists(target | anything, max_size=3) | anything | deep,
    "display_name": anything,
    "description": anything,
    "ssap_name": anything,
    "ad_type": st.sampled_from(["issue_audience_csv", "push_message"]) | anything,
    "creative_type": st.sampled_from(["issue-audience-csv", "messaging-platform-push"]) | anything,
    "application_id": nasty_number | anything,
    "issue_audience_csv": message | anything | deep,
    "push_message": message | anything,
    "id": anything,
    "tags": nasty_text | anything,
    "points": nasty_number | anything,
    "data": st.dictionaries(
        st.sampled_from(["period", "consecutive", "max_times_achievable_per_period", "unit_precision", "x"]), anything
    )
    | anything,
    "goal_groups": st.lists(
        st.fixed_dictionaries({"goals": st.lists(goal | anything, max_size=2) | anything}), max_size=2
    )
    | anything
    | deep,
    "outcome_config": st.lists(
        st.dictionaries(st.sampled_from(["deal", "ad_unit", "event"]), st.dictionaries(nasty_text, anything) | anything)
        | anything,
        max_size=2,
    )
    | deep,
}
OWN: dict[str, list[str]] = {
    "campaign": [
        "name",
        "status",
        "starts_at",
        "ends_at",
        "permalink",
        "owner",
        "category",
        "priority",
        "targets",
        "id",
    ],
    "line_item": ["name", "status", "starts_at", "ends_at", "display_name", "description", "id"],
    "creative_group": ["name", "status", "starts_at", "ends_at", "display_name", "targets", "id"],
    "creative": [
        *("name", "status", "ssap_name", "ad_type", "creative_type", "application_id"),
        *("issue_audience_csv", "issue_audience_csv", "push_message", "id"),
    ],
    "behavior": ["name", "tags", "points", "data", "goal_groups", "goal_groups", "outcome_config", "id"],
}
WRAPPERS: dict[str, Callable[..., dict[str, Any]]] = {
    "campaign": bodies.campaign,
    "line_item": bodies.line_item,
    "creative_group": bodies.creative_group,
    "creative": bodies.creative,
    "behavior": bodies.behavior,
}


# Values that look wrong and are right.
MAY_BE: list[tuple[str, object]] = [
    ("priority", -1),
    ("targets", []),
    ("issue_audience_csv", {}),
    ("data", {}),
    ("outcome_config", []),
]


@dataclass(frozen=True)
class World:
    """An actor and, for each wrapper, where to send it: a path to create below, and one to update."""

    actor: Actor
    creates: dict[str, str]
    updates: dict[str, str]


@pytest.fixture
def world(owner: Actor, ours: Hierarchy) -> World:
    """Rows that every create and every update finds."""
    for name, field_type in {
        "state": "string",
        "visits": "integer",
        "spent": "decimal",
        "born": "date",
        "seen": "datetime",
        "vip": "boolean",
    }.items():
        make_field(owner.organization, name, field_type)
    behavior = make_goal(make_achievement(ours.campaign)).composite_id
    return World(
        owner,
        {
            "campaign": "campaigns",
            "line_item": f"campaigns/{make_campaign(owner.organization).pk}/line_items",
            "creative_group": f"line_items/{ours.line_item.pk}/creative_groups",
            "creative": f"creative_groups/{make_group(ours.line_item).pk}/creatives",
            "behavior": f"campaigns/{ours.campaign.pk}/behaviors/_batch",
        },
        {
            "campaign": f"campaigns/{ours.campaign.pk}",
            "line_item": f"line_items/{ours.line_item.pk}",
            "creative_group": f"creative_groups/{ours.group.pk}",
            "creative": f"creatives/{ours.creative.pk}",
            "behavior": f"behaviors/{behavior}",
        },
    )


def _check(answer: Answer) -> bool:
    """The answer is one of the dialect's; returns whether it is a refusal."""
    assert answer.status_code in {200, 400, 404, 405, 413}, answer.content
    body = answer.json()
    if answer.status_code == 200 and body["status"] == "ok":
        return False
    assert body["status"] == "error"
    assert body["errors"]["code"] in CODES
    return True


def _write(world: World, method: str, path: str, body: object) -> None:
    """Send it; where it is refused, nothing was written, not even the version stamp."""
    before = contents()
    if _check(world.actor.send(method, path, body)):
        assert contents() == before, (method, path, body)


def _some_of(wrapper: str, data: st.DataObject, most: int) -> dict[str, Any]:
    """A few of a wrapper's attributes with values of any kind."""
    names = data.draw(st.lists(st.sampled_from(OWN[wrapper]), min_size=1, max_size=most, unique=False))
    return {name: data.draw(ATTRIBUTES[name], label=name) for name in names}


@pytest.mark.parametrize("wrapper", WRAPPERS)
@settings(FIXED, max_examples=40)
@given(data=st.data())
def test_creates(world: World, wrapper: str, data: st.DataObject) -> None:
    described = WRAPPERS[wrapper]()[wrapper] | _some_of(wrapper, data, 2)
    body = {"behaviors": [described]} if wrapper == "behavior" else {wrapper: described}
    _write(world, "POST", world.creates[wrapper], body)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@settings(FIXED, max_examples=60)
@given(data=st.data())
def test_updates(world: World, wrapper: str, data: st.DataObject) -> None:
    _write(world, "PUT", world.updates[wrapper], {wrapper: _some_of(wrapper, data, 3)})


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize(
    "value", [-1, 2**64, 1.5, True, [], {}, [[]], [None], {"a": 1}, ["a"], "a\x00b", "\ud800"], ids=ascii
)
def test_the_wrong_type_in_every_attribute(world: World, wrapper: str, value: object) -> None:
    before = contents()
    for name in {*OWN[wrapper], *ATTRIBUTES}:
        may_be = (name, value) in MAY_BE
        assert _check(world.actor.put(world.updates[wrapper], {wrapper: {name: value}})) or may_be, name
    wrong = {name: value for name in OWN[wrapper] if name not in {"priority", "targets"}}
    _check(world.actor.put(world.updates[wrapper], {wrapper: wrong}))
    if value not in (-1, [], {}):
        assert contents() == before


@pytest.mark.parametrize("wrapper", WRAPPERS)
@settings(FIXED, max_examples=20)
@given(wrapped=anything | deep, beside=st.dictionaries(nasty_text, anything, max_size=2))
def test_anything_under_the_wrapper(world: World, wrapper: str, wrapped: object, beside: dict[str, Any]) -> None:
    _write(world, "PUT", world.updates[wrapper], beside | {wrapper: wrapped})
    _write(world, "POST", world.creates[wrapper], beside | {wrapper: wrapped})


@settings(FIXED, max_examples=30)
@given(raw=st.binary(max_size=40) | anything.map(lambda value: json.dumps(value, allow_nan=True).encode()))
def test_any_bytes(world: World, raw: bytes) -> None:
    for method, path in (
        ("POST", "campaigns"),
        ("PUT", world.updates["creative"]),
        ("POST", world.creates["creative"]),
    ):
        _write(world, method, path, raw)


segment = st.one_of(
    st.sampled_from(
        ["campaigns", "line_items", "creative_groups", "creatives", "navigation", "external", "..", "%2e", ""]
    ),
    st.sampled_from(["0", "-1", "9" * 30, "%00", "%FF%FE", "%ED%A0%80", "%25", "a%0Ab", "%E2%80%AE", "1e9", "٣", ";x"]),
    st.text(alphabet="abc019-_.~%:;,@&=+$!*'()", max_size=8),
)


@settings(FIXED, max_examples=80)
@given(segments=st.lists(segment, min_size=1, max_size=4), method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]))
def test_any_path(world: World, segments: list[str], method: str) -> None:
    _write(world, method, "/".join(segments), {"campaign": {"name": 1}})


@settings(FIXED, max_examples=50)
@given(key=st.text(alphabet="abcdef0123456789%", max_size=41), authorization=st.text(max_size=20))
def test_any_key_and_any_credentials(world: World, key: str, authorization: str) -> None:
    printable = authorization.encode("ascii", "ignore").decode().replace("\n", "").replace("\r", "")
    path = f"/priv/v1/apps/{key}/management/campaigns"
    answer = world.actor.client.get(path, headers={"Authorization": f"Basic {printable}"})
    assert answer.status_code in {401, 404}
    assert answer.json()["status"] == "error"


header = st.sampled_from(
    ["\x00", "é", "http://[", "x" * 9_000, "Basic", "Basic \x00", "9" * 5_000, "", ";=,", "*/*;q=x"]
)
HEADERS = ["Origin", "Accept", "Referer", "Cookie", "Authorization", "Content-Type", "Accept-Language", "If-None-Match"]


@settings(FIXED, max_examples=40)
@given(headers=st.dictionaries(st.sampled_from(HEADERS), header, max_size=4))
def test_any_header(world: World, headers: dict[str, str]) -> None:
    before = contents()
    answer = world.actor.send("PUT", world.updates["campaign"], {"campaign": {"owner": "x"}}, **headers)
    assert answer.status_code in {200, 400, 401, 403}, answer.content
    if answer.status_code != 200:
        assert contents() == before


query_value = st.one_of(
    st.sampled_from(
        ["%00", "%FF", "%ED%A0%80", "9" * 40, "-1", "", "2020-01-01", "2020-01-01T00:00:00+00:00", "0001-01-01"]
    ),
    st.sampled_from(["9999-12-31T23:59:59-12:00", "live", "x" * 3000, "%F0%9F%8E%88", "+", "[]", "1&limit=2"]),
    st.text(alphabet="abc019-_.~:;,@$!*'()", max_size=10),
)
query_name = st.sampled_from(
    ["limit", "page", "status", "name", "starts_after", "ends_before", "updated_since", "limit[]", "%00", "format", ""]
)


@settings(FIXED, max_examples=60)
@given(pairs=st.lists(st.tuples(query_name, query_value), max_size=4))
def test_any_query(world: World, pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    _check(world.actor.get(f"campaigns?{query}"))
    _check(world.actor.get(f"{world.creates['creative_group']}?{query}"))


@pytest.mark.parametrize("depth", [100, 1000, 1025, 10_000, 200_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting(world: World, depth: int, opening: str) -> None:
    nested = opening * depth + ("1" if opening != "[" else "") + ("]" if opening == "[" else "}") * depth
    for wrapper in WRAPPERS:
        for member in ("name", "targets", "issue_audience_csv"):
            raw = f'{{"{wrapper}": {{"{member}": {nested}}}}}'.encode()
            _check(world.actor.send("PUT", world.updates[wrapper], raw))


@pytest.mark.parametrize("escaped", [r"\u0000", r"\ud800", r"\udc00\ud800", r"\uffff", r"\x00"])
def test_escapes_that_no_text_has(world: World, escaped: str) -> None:
    before = contents()
    for wrapper in WRAPPERS:
        for member in ATTRIBUTES:
            raw = f'{{"{wrapper}": {{"{member}": "a{escaped}b"}}}}'.encode()
            refused = _check(world.actor.send("PUT", world.updates[wrapper], raw))
            assert refused or escaped == r"\uffff"
    assert escaped == r"\uffff" or contents() == before
