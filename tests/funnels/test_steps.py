"""The pure part of funnels: what is refused when it is saved, and how graphs are walked."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from campaigns.targeting import CustomerFacts
from customers.errors import DomainError
from funnels.funnels.engine import StepType, parse_steps
from funnels.funnels.engine.graph import graph_problems, longest_path
from funnels.funnels.engine.parse import is_web_address
from tests.funnels.card_upgrade import FIELDS, steps

NOBODY = CustomerFacts({}, frozenset(), 0, "", "", "")


def _problems(raw: object) -> str:
    with pytest.raises(DomainError) as caught:
        parse_steps(raw, FIELDS)
    return " ".join(caught.value.fields["steps"])


def _changed(index: int, **members: Any) -> list[dict[str, Any]]:
    raw = deepcopy(steps())
    raw[index] |= members
    return raw


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([], "1 to 50"),
        ("x", "1 to 50"),
        ([None], "type is one of"),
        (_changed(0, next="nowhere"), "leads to 'nowhere'"),
        (_changed(0, next=None), "can't be reached"),
        (_changed(2, next="details"), "make a loop"),
        (_changed(0, title=""), "title"),
        (_changed(0, colour="red"), "unknown members: 'colour'"),
        (_changed(0, actions=["explode"]), "actions"),
        (_changed(0, actions=[["next"]]), "actions"),
        (_changed(1, fields=[]), "at least one field"),
        (_changed(1, fields=[{"label": "X", "name": "nickname", "control_type": "text"}]), "customer schema"),
        (_changed(1, fields=[{"label": "X", "name": "income", "control_type": "email"}]), "can't give a integer"),
        (_changed(1, fields=[{"label": "X", "name": "email", "control_type": "select"}]), "options"),
        (_changed(1, forks=[{"conditions": [], "to": "form"}]), "at least one"),
        (_changed(1, forks=[{"conditions": [{"attribute": "x"}], "to": "form"}]), "forks[0]"),
        (_changed(3, url="javascript:alert(1)"), "http or https"),
        (_changed(3, url="data:text/html,<script>alert(1)</script>"), "http or https"),
        (_changed(3, method="put"), "get or post"),
        (_changed(3, name="details"), "another step is called"),
    ],
)
def test_wrong_steps_are_refused_with_a_sentence_each(raw: object, said: str) -> None:
    assert said in _problems(raw)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " https://a.b", "https:\\\\a.b", "//a.b", "/path", "https://", "https://u@a.b", "ftp://a.b",
     "https://a.b/\n", 'https://a.b/"onclick="', "https://[", "https://a.b:x", "vbscript:x", "JaVaScRiPt:alert(1)"],
)  # fmt: skip
def test_an_address_that_a_browser_may_read_otherwise_is_refused(url: str) -> None:
    assert not is_web_address(url)


def test_http_and_https_addresses_are_accepted() -> None:
    assert is_web_address("https://bank.example:8443/a/b?c=d&e=%20#f")
    assert is_web_address("http://127.0.0.1:8000/demo/")


GRAPHS = some.integers(1, 9).flatmap(
    lambda size: some.lists(
        some.lists(some.one_of(some.none(), some.integers(0, size - 1)), min_size=1, max_size=3),
        min_size=size,
        max_size=size,
    )
)


def _targets(drawn: list[list[int | None]]) -> dict[str, tuple[str | None, ...]]:
    return {
        f"s{number}": tuple(None if place is None else f"s{place}" for place in places)
        for number, places in enumerate(drawn)
    }


def _paths(targets: dict[str, tuple[str | None, ...]], name: str, seen: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every path from a step, cut at its first repetition."""
    if name in seen:
        return [(*seen, name)]
    return [
        path
        for place in targets[name]
        for path in ([(*seen, name)] if place is None else _paths(targets, place, (*seen, name)))
    ]


@given(GRAPHS)
def test_a_graph_without_problems_is_one_where_every_path_ends(drawn: list[list[int | None]]) -> None:
    targets = _targets(drawn)
    paths = _paths(targets, "s0")
    reached = {name for path in paths for name in path}
    endless = any(len(set(path)) < len(path) for path in paths)
    problems = list(graph_problems("s0", targets))
    if reached == targets.keys():
        assert bool(problems) == endless
    else:
        assert any("can't be reached" in problem for problem in problems)
    if not problems:
        assert longest_path("s0", targets) == max(map(len, paths))


@given(GRAPHS, some.integers(0, 100))
def test_remaining_steps_count_down_to_nothing(drawn: list[list[int | None]], points: int) -> None:
    targets = _targets(drawn)
    if list(graph_problems("s0", targets)):
        return
    graph = parse_steps([_message(name, places) for name, places in targets.items()], {})
    facts = CustomerFacts({}, frozenset(), points, "", "", "")
    name: str | None = graph.start
    remaining = graph.remaining_steps(graph.start, facts)
    assert remaining < graph.max_steps
    while name is not None:
        assert graph.remaining_steps(name, facts) == remaining
        name, remaining = graph.steps[name].next_name(facts), remaining - 1
    assert remaining == -1


def _message(name: str, places: tuple[str | None, ...]) -> dict[str, Any]:
    forks = [
        {"conditions": [{"attribute": "points", "operator": "gte", "values": [30 * index]}], "to": place}
        for index, place in enumerate(places[:-1], start=1)
    ]
    return {"name": name, "type": "message", "title": "T", "message": "M", "forks": forks, "next": places[-1]}


def test_a_redirect_that_leads_nowhere_is_the_last_step() -> None:
    graph = parse_steps(steps(), FIELDS)
    assert [name for name in graph.steps if graph.is_last(name)] == ["form"]
    assert graph.steps["form"].type is StepType.REDIRECT
    assert graph.remaining_steps("welcome", NOBODY) == 2


LEAVES = some.none() | some.booleans() | some.integers() | some.text()
MEMBERS = some.sampled_from(["name", "type", "fields", "forks", "next", "url"])
ANYTHING = some.recursive(LEAVES, lambda inner: some.lists(inner) | some.dictionaries(MEMBERS, inner), max_leaves=10)


@settings(max_examples=50)
@given(ANYTHING)
def test_nothing_that_json_says_breaks_the_parser(raw: object) -> None:
    for members in ({"fields": raw}, {"fields": [raw]}):
        assert _problems([{"type": "data-capture"} | members])
    for members in ({"parameters": raw, "actions": raw, "method": raw}, {"forks": raw}, {"forks": [raw]}):
        assert _problems([{"type": "redirect"} | members])
    assert _problems([raw])
    assert _problems([{"type": raw}])
