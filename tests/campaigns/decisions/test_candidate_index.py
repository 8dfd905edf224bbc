"""An index of candidates that is changed bit by bit finds what one made anew finds, and changes under nobody."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from campaigns.decisions.candidate_index import FEW, CandidateIndex
from campaigns.decisions.engine import Candidate, Window
from campaigns.targeting import Condition, CustomerFacts, compile_predicate, parse_targets
from customers.field_values.field_type import FieldType
from tests.version_cache.exact import told

SCHEMA = {"tier": FieldType.STRING, "age": FieldType.INTEGER}
WINDOW = Window(is_live=True, starts_at=datetime(2020, 1, 1, tzinfo=UTC), ends_at=datetime(2090, 1, 1, tzinfo=UTC))
WORDS = st.sampled_from(["a", "b", "c", "d"])
SEVERAL = st.lists(WORDS, min_size=1, max_size=3, unique=True)
TARGETS = st.one_of(
    st.builds(lambda values: {"attribute": "tier", "operator": "in", "values": values}, SEVERAL),
    st.builds(lambda values: {"attribute": "tag", "operator": "in", "values": values}, SEVERAL),
    st.builds(lambda values: {"attribute": "platform", "operator": "in", "values": values}, SEVERAL),
    st.just({"attribute": "age", "operator": "gte", "values": [18]}),
    st.just({"attribute": "tier", "operator": "exists", "values": []}),
)
PEOPLE = st.builds(
    lambda tier, tags, platform, age: CustomerFacts(
        attributes={"tier": tier, "age": age},
        tags=frozenset(tags),
        points=0,
        platform=platform,
        language="",
        channel="",
    ),
    st.one_of(st.none(), WORDS),
    st.lists(WORDS, max_size=2),
    WORDS,
    st.sampled_from([None, 17, 18]),
)
# Campaigns by their ids: the targets of each of its candidates.
CAMPAIGNS = st.dictionaries(st.integers(1, 12), st.lists(st.lists(TARGETS, max_size=3), max_size=2), max_size=8)


def _placed(campaigns: dict[int, list[list[dict[str, Any]]]]) -> list[tuple[Candidate, Sequence[Condition]]]:
    placed: list[tuple[Candidate, Sequence[Condition]]] = []
    for campaign_id, several in campaigns.items():
        for order, targets in enumerate(several):
            conditions = parse_targets(targets, SCHEMA)
            matches = compile_predicate(conditions)
            placed.append((Candidate(campaign_id, 1, "name", WINDOW, order=order, matches=matches), conditions))
    return placed


def _found(index: CandidateIndex, facts: CustomerFacts) -> list[tuple[int, int]]:
    return sorted((one.campaign_id, one.order) for one in index.possible(facts))


@given(first=CAMPAIGNS, changes=st.lists(CAMPAIGNS, max_size=6), people=st.lists(PEOPLE, min_size=1, max_size=4))
def test_an_index_after_changes_equals_a_new_one(
    first: dict[int, list[list[dict[str, Any]]]],
    changes: list[dict[int, list[list[dict[str, Any]]]]],
    people: list[CustomerFacts],
) -> None:
    index = CandidateIndex().changed((), _placed(first))
    present = dict(first)
    for change in changes:
        before, stood = index, told(index)
        index = index.changed(list(change), _placed(change))
        present |= change
        anew = CandidateIndex().changed((), _placed(present))
        assert told(index) == told(anew)
        for facts in people:
            met = sorted((one.campaign_id, one.order) for one in index.all if one.matches(facts))
            assert _found(index, facts) == _found(anew, facts) == met
        assert told(before) == stood


def test_the_most_selective_targets_are_chosen_again_as_an_index_grows() -> None:
    """What was the best when there was one campaign may be the worst of a thousand."""
    first: dict[str, Any] = {"attribute": "platform", "operator": "in", "values": ["a"]}
    index = CandidateIndex().changed(
        (), _placed({1: [[first, {"attribute": "tier", "operator": "in", "values": ["0"]}]]})
    )
    for number in range(2, 3 * FEW):
        targets = [first, {"attribute": "tier", "operator": "in", "values": [str(number)]}]
        index = index.changed([number], _placed({number: [targets]}))
    looked_up = max(len(bucket) for by_value in index.buckets.values() for bucket in by_value.values())
    assert looked_up == 1
