"""An index of candidates by their most selective target, so that a decision examines few of many.

It leaves out exactly the candidates whose targets don't match; if every exclusion needs a reason, all candidates are
examined instead. An index is immutable: `changed` returns another one, which shares what is the same.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from campaigns.decisions.engine import Candidate
from campaigns.targeting import Condition, CustomerFacts, Source
from campaigns.targeting.target_operator import TargetOperator
from customers.field_values.field_type import FieldType
from customers.field_values.normalized import to_text

NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
Conditions = Sequence[Condition]
Key = tuple[Source, str]  # what a condition asks about
# Candidates by their campaign's id: mostly one each, several where a campaign is in one place more than once.
ByCampaign = dict[int, tuple[Candidate, ...]]
# After so many changes beyond the number of campaigns, the most selective targets are chosen again.
FEW = 100


class Placed(NamedTuple):
    """A candidate, its conditions, and the one by which it is indexed; None: it is always examined."""

    candidate: Candidate
    conditions: Conditions
    chosen: Condition | None

    @property
    def values(self) -> list[str]:
        """The values under which the candidate is found."""
        return [] if self.chosen is None else list(dict.fromkeys(map(to_text, self.chosen.values)))


class CandidateIndex:
    """Candidates with their conditions; those of one campaign keep their order."""

    __slots__ = ("buckets", "changes", "distinct", "placed", "unindexed")

    def __init__(self) -> None:
        self.placed: dict[int, tuple[Placed, ...]] = {}
        self.unindexed: ByCampaign = {}
        self.buckets: dict[Key, dict[str, ByCampaign]] = {}
        # All values of each attribute that conditions name: the more there are, the fewer customers have any one.
        # One set is shared by all indexes derived from each other; only `changed` uses it.
        self.distinct: dict[Key, set[object]] = defaultdict(set)
        self.changes = 0

    @property
    def all(self) -> list[Candidate]:
        """Every candidate."""
        return [one.candidate for several in self.placed.values() for one in several]

    def changed(self, gone: Collection[int], placed: Iterable[tuple[Candidate, Conditions]]) -> "CandidateIndex":
        """This index without the campaigns `gone`, and with the candidates `placed`."""
        several = list(placed)
        if not gone and not several:
            return self
        changes = self.changes + len(gone) + len(several)
        if self.placed and changes > FEW + len(self.placed):
            left = set(gone)
            stay = [one[:2] for key, kept in self.placed.items() if key not in left for one in kept]
            return CandidateIndex().changed((), [*stay, *several])
        draft = _Draft(self)
        for campaign_id in gone:
            draft.remove(campaign_id)
        _note_values(several, self.distinct)
        for candidate, conditions in several:
            draft.add(Placed(candidate, conditions, _most_selective(conditions, self.distinct)))
        return draft.index(self.distinct, changes if self.placed else 0)

    def possible(self, facts: CustomerFacts) -> list[Candidate]:
        """The candidates whose targets match this customer: few are looked up, and only these are examined."""
        return [candidate for candidate in self._looked_up(facts) if candidate.matches(facts)]

    def _looked_up(self, facts: CustomerFacts) -> list[Candidate]:
        """The candidates whose indexed condition matches this customer, and those without one."""
        found = [candidate for several in self.unindexed.values() for candidate in several]
        for (source, attribute), by_value in self.buckets.items():
            if source is Source.TAG:
                buckets = [by_value[tag] for tag in facts.tags if tag in by_value]
                tagged = {id(one): one for bucket in buckets for several in bucket.values() for one in several}
                found += tagged.values()
                continue
            value = facts.attributes.get(attribute) if source is Source.FIELD else getattr(facts, attribute)
            if value is not None:
                bucket = by_value.get(value if isinstance(value, str) else to_text(value))
                if bucket is not None:
                    found += [candidate for several in bucket.values() for candidate in several]
        return found


class _Draft:
    """An index under construction: changed parts are copied once, the rest is shared with the one before."""

    def __init__(self, before: CandidateIndex) -> None:
        self.placed = dict(before.placed)
        self.unindexed = dict(before.unindexed)
        self.buckets = dict(before.buckets)
        self.own: set[tuple[Key, str | None]] = set()

    def remove(self, campaign_id: int) -> None:
        """Remove a campaign's candidates, if there are any."""
        self.unindexed.pop(campaign_id, None)
        for one in self.placed.pop(campaign_id, ()):
            if one.chosen is not None:
                key = (one.chosen.source, one.chosen.attribute)
                for value in one.values:
                    self._bucket(key, value).pop(campaign_id, None)
                    if not self.buckets[key][value]:
                        del self.buckets[key][value]
                        self.own.discard((key, value))

    def add(self, one: Placed) -> None:
        """Add a candidate."""
        campaign_id = one.candidate.campaign_id
        self.placed[campaign_id] = (*self.placed.get(campaign_id, ()), one)
        if one.chosen is None:
            self.unindexed[campaign_id] = (*self.unindexed.get(campaign_id, ()), one.candidate)
            return
        for value in one.values:
            bucket = self._bucket((one.chosen.source, one.chosen.attribute), value)
            bucket[campaign_id] = (*bucket.get(campaign_id, ()), one.candidate)

    def _bucket(self, key: Key, value: str) -> ByCampaign:
        if (key, None) not in self.own:
            self.own.add((key, None))
            self.buckets[key] = dict(self.buckets.get(key, {}))
        by_value = self.buckets[key]
        if (key, value) not in self.own:
            self.own.add((key, value))
            by_value[value] = dict(by_value.get(value, {}))
        return by_value[value]

    def index(self, distinct: dict[Key, set[object]], changes: int) -> CandidateIndex:
        """The finished index."""
        made = CandidateIndex()
        made.placed, made.unindexed = self.placed, self.unindexed
        made.buckets = {key: by_value for key, by_value in self.buckets.items() if by_value}
        made.distinct, made.changes = distinct, changes
        return made


def _note_values(placed: Iterable[tuple[Candidate, Conditions]], distinct: dict[Key, set[object]]) -> None:
    for _, conditions in placed:
        for condition in filter(_can_index, conditions):
            distinct[condition.source, condition.attribute].update(condition.values)


def _most_selective(conditions: Conditions, distinct: Mapping[Key, Collection[object]]) -> Condition | None:
    usable = [condition for condition in conditions if _can_index(condition)]
    if not usable:
        return None
    return min(usable, key=lambda one: len(one.values) / len(distinct[one.source, one.attribute]))


def _can_index(condition: Condition) -> bool:
    """Only membership of texts: numbers are compared by value, and other operators have no list of values."""
    if condition.operator is not TargetOperator.IN or condition.source is Source.POINTS:
        return False
    return condition.source is not Source.FIELD or condition.type not in NUMBERS
