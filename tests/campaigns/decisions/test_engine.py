"""Decisions: always the same, in the stated order, each exclusion by the first rule that fails."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.decisions.engine import (
    RULES,
    Candidate,
    Context,
    History,
    Reason,
    Subject,
    Window,
    decide,
    is_held_out,
    order_of,
)
from campaigns.models.frequency import FrequencyPeriod, frequency_starts

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RULE = 2
STARTS = frequency_starts(NOW, UTC)  # type: ignore[arg-type]  # any time zone will do


def opened(*, is_live: bool = True, begins: int = -1, ends: int = 1) -> Window:
    return Window(is_live, NOW + timedelta(hours=begins), NOW + timedelta(hours=ends))


def nobody(_facts: object) -> bool:
    return False


def everybody(_facts: object) -> bool:
    return True


BASE = Candidate(campaign_id=1, organization_id=7, name="One", window=opened(), placement="a", matches=everybody)
SUBJECT = Subject(organization_id=7, identity="someone", facts=None)
CONTEXT = Context(placements=frozenset({"a"}), category="c", group_name="g", period_starts=STARTS)

windows = st.builds(
    opened, is_live=st.booleans(), begins=st.sampled_from([-2, -1, 0, 1]), ends=st.sampled_from([2, 3, 4])
)
candidates = st.builds(
    Candidate,
    campaign_id=st.integers(1, 8),
    organization_id=st.sampled_from([7, 7, 7, 8]),
    name=st.just("One"),
    window=windows,
    parents=st.lists(windows, max_size=2).map(tuple),
    placement=st.sampled_from(["a", "b", None]),
    category=st.sampled_from(["c", "d", None]),
    group_name=st.sampled_from(["g", "h", None]),
    priority=st.integers(-1, 2),
    matches=st.sampled_from([everybody, nobody]),
    frequency_cap=st.sampled_from([None, 1, 2]),
    frequency_unit=st.just("impressions"),
    frequency_period=st.sampled_from(FrequencyPeriod.values),
    frequency_rule=st.just(RULE),
    holdout_percent=st.sampled_from([0, 50, 100]),
)
histories = st.builds(
    History,
    is_dismissed=st.booleans(),
    is_converted=st.booleans(),
    is_completed=st.booleans(),
    last_seen=st.integers(0, 3),
    capped_count=st.integers(0, 3),
    capped_from=st.sampled_from([0, *STARTS.values()]),
    capped_rule=st.integers(0, RULE + 1),
)
subjects = st.builds(
    Subject,
    organization_id=st.just(7),
    identity=st.sampled_from(["someone", "another"]),
    facts=st.none(),
    has_consent=st.booleans(),
    history=st.dictionaries(st.integers(1, 8), histories),
)
contexts = st.builds(
    Context,
    placements=st.sampled_from([None, frozenset({"a"}), frozenset({"a", "b"})]),
    category=st.sampled_from([None, "c"]),
    group_name=st.sampled_from([None, "g"]),
    period_starts=st.just(STARTS),
    budget_exhausted=st.frozensets(st.integers(1, 8)),
    is_restart=st.booleans(),
)


@given(subjects, contexts, st.lists(candidates, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_candidates_changes_nothing(
    subject: Subject, context: Context, several: list[Candidate], source: object
) -> None:
    decision = decide(subject, context, several, NOW)
    assert decide(subject, context, several, NOW) == decision
    shuffled = list(several)
    source.shuffle(shuffled)  # type: ignore[attr-defined]  # Random
    again = decide(subject, context, shuffled, NOW)
    assert [one.campaign_id for one in again.eligible] == [one.campaign_id for one in decision.eligible]
    assert len(decision.eligible) + len(decision.excluded) == len(several)


@given(subjects, contexts, st.lists(candidates, max_size=12))
def test_each_exclusion_is_the_first_rule_that_fails(
    subject: Subject, context: Context, several: list[Candidate]
) -> None:
    decision = decide(subject, context, several, NOW)
    for exclusion in decision.excluded:
        failing = [reason for reason, excludes in RULES if excludes(exclusion.candidate, subject, context, NOW)]
        assert failing[0] == exclusion.reason
    for candidate in decision.eligible:
        assert not any(excludes(candidate, subject, context, NOW) for _, excludes in RULES)
    keys = [order_of(candidate, subject) for candidate in decision.eligible]
    assert keys == sorted(keys)


def test_rules_are_asked_in_the_order_of_product_md() -> None:
    capped = History(capped_count=1, capped_from=1, capped_rule=RULE)
    history = capped._replace(is_dismissed=True, is_converted=True, is_completed=True)
    context = replace(CONTEXT, budget_exhausted=frozenset({1}), period_starts={"lifetime": 1})
    subject = replace(SUBJECT, has_consent=False, history={1: history})
    candidate = Candidate(
        campaign_id=1,
        organization_id=8,
        name="One",
        window=opened(is_live=False, begins=1, ends=2),
        parents=(opened(is_live=False),),
        placement="b",
        category="x",
        group_name="x",
        matches=nobody,
        frequency_cap=1,
        frequency_unit="impressions",
        frequency_period="lifetime",
        frequency_rule=RULE,
        holdout_percent=100,
    )
    reasons = []
    # Each repair uncovers the next rule.
    for repair in (
        {"organization_id": 7},
        {"window": opened(begins=1, ends=2)},
        {"window": opened()},
        {"parents": ()},
        {"placement": "a"},
        {"category": "c"},
        {"group_name": "g"},
        {"matches": everybody},
    ):
        reasons.append(decide(subject, context, [candidate], NOW).excluded[0].reason)
        candidate = replace(candidate, **repair)
    for cured in (
        replace(subject, has_consent=True),
        replace(subject, has_consent=True, history={1: history._replace(is_dismissed=False)}),
        replace(subject, has_consent=True, history={1: history._replace(is_dismissed=False, is_converted=False)}),
        replace(subject, has_consent=True, history={1: capped}),
        replace(subject, has_consent=True, history={}),
    ):
        reasons.append(decide(subject, context, [candidate], NOW).excluded[0].reason)
        subject = cured
    reasons.append(decide(subject, context, [candidate], NOW).excluded[0].reason)
    context = replace(context, budget_exhausted=frozenset())
    reasons.append(decide(subject, context, [candidate], NOW).excluded[0].reason)
    assert reasons == list(Reason)
    candidate = replace(candidate, holdout_percent=0)
    assert decide(subject, context, [candidate], NOW).eligible == (candidate,)


def test_the_control_group_has_the_configured_share_and_is_stable() -> None:
    held = replace(BASE, holdout_percent=20)
    subjects = [replace(SUBJECT, identity=f"customer {number}") for number in range(5000)]
    first = [is_held_out(held, subject) for subject in subjects]
    assert first == [is_held_out(held, subject) for subject in subjects]
    assert 0.17 < sum(first) / len(first) < 0.23
    # Another campaign has another control group; a larger share contains the smaller one.
    assert first != [is_held_out(replace(held, campaign_id=2), subject) for subject in subjects]
    larger = [is_held_out(replace(held, holdout_percent=50), subject) for subject in subjects]
    assert all(wide for narrow, wide in zip(first, larger, strict=True) if narrow)


def test_completed_campaigns_are_eligible_with_a_restart() -> None:
    subject = replace(SUBJECT, history={1: History(is_completed=True)})
    candidate = replace(BASE, category="c", group_name="g")
    assert decide(subject, CONTEXT, [candidate], NOW).excluded[0].reason == Reason.COMPLETED
    assert decide(subject, replace(CONTEXT, is_restart=True), [candidate], NOW).eligible == (candidate,)
