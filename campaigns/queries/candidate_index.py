"""Candidates by their most selective target, so that a decision looks at few of many.

What an index leaves out is exactly what fails targeting; whoever needs a reason for every exclusion judges all
candidates instead.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from campaigns.decisioning import Candidate
from campaigns.models.target import TargetOperator
from campaigns.targeting import Condition, CustomerFacts, Source
from customers.models.attribute_value import text_of
from customers.models.customer_field import FieldType

NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
Conditions = Sequence[Condition]


class CandidateIndex:
    """Candidates with their conditions; `all` keeps them in the order in which they came."""

    def __init__(self, candidates: Iterable[tuple[Candidate, Conditions]]) -> None:
        placed = list(candidates)
        self.all = [candidate for candidate, _ in placed]
        self.unindexed: list[Candidate] = []
        # By source and attribute, then by value.
        self.buckets: dict[tuple[Source, str], dict[str, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
        distinct = _distinct_values(placed)
        for candidate, conditions in placed:
            chosen = _most_selective(conditions, distinct)
            if chosen is None:
                self.unindexed.append(candidate)
                continue
            for value in chosen.values:
                self.buckets[chosen.source, chosen.attribute][text_of(value)].append(candidate)

    def possible(self, facts: CustomerFacts) -> list[Candidate]:
        """The candidates whose targets this customer meets: few are looked up, and only these are asked."""
        return [candidate for candidate in self._looked_up(facts) if candidate.meets(facts)]

    def _looked_up(self, facts: CustomerFacts) -> list[Candidate]:
        """The candidates whose indexed target this customer meets, and those that no target indexes."""
        found = list(self.unindexed)
        for (source, attribute), by_value in self.buckets.items():
            if source is Source.TAG:
                several = [candidate for tag in facts.tags if tag in by_value for candidate in by_value[tag]]
                found += {id(candidate): candidate for candidate in several}.values()
                continue
            value = facts.attributes.get(attribute) if source is Source.FIELD else getattr(facts, attribute)
            if value is not None:
                found += by_value.get(value if isinstance(value, str) else text_of(value), ())
        return found


def _distinct_values(placed: list[tuple[Candidate, Conditions]]) -> dict[tuple[Source, str], int]:
    """How many values of each attribute are asked for at all: the more, the fewer customers have any one of them."""
    values: dict[tuple[Source, str], set[object]] = defaultdict(set)
    for _, conditions in placed:
        for condition in filter(_can_index, conditions):
            values[condition.source, condition.attribute].update(condition.values)
    return {key: len(found) for key, found in values.items()}


def _most_selective(conditions: Conditions, distinct: dict[tuple[Source, str], int]) -> Condition | None:
    usable = [condition for condition in conditions if _can_index(condition)]
    if not usable:
        return None
    return min(usable, key=lambda one: len(one.values) / distinct[one.source, one.attribute])


def _can_index(condition: Condition) -> bool:
    """Membership of text: numbers are compared by size, and other operators have no list of values."""
    if condition.operator is not TargetOperator.IN or condition.source is Source.POINTS:
        return False
    return condition.source is not Source.FIELD or condition.type not in NUMBERS
