"""Steps and the graph they make (contract 3, Funnel steps): checked, so that walking needs no further questions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypedDict

from campaigns.targeting import CustomerFacts, Predicate
from customers.field_values.field_type import FieldType
from customers.field_values.normalized import NormalizedValue


class StepType(StrEnum):
    """The step types of contract 3; the end is ours (contract 4, "advance-funnel after the last step")."""

    MESSAGE = "message"
    DATA_CAPTURE = "data-capture"
    REDIRECT = "redirect"
    END = "end"


class ControlType(StrEnum):
    """How a field is asked for (contract 4, "control types")."""

    TEXT = "text"
    TEXTAREA = "textarea"
    EMAIL = "email"
    TEL = "tel"
    NUMBER = "number"
    DATE = "date"
    SELECT = "select"
    RADIO = "radio"
    CHECKBOX = "checkbox"
    HIDDEN = "hidden"


class Parameter(TypedDict):
    """What a redirect adds to the query of its address."""

    name: str
    value: str


StepContent = TypedDict(
    "StepContent",
    {
        "title": str,
        "message": str,
        "actions": list[str],
        "url": str,
        "method": str,
        "parameters": list[Parameter],
        "include-system-params": bool,
        "new-window": bool,
    },
    total=False,
)


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select or radio; with a normalized `value`."""

    label: str
    value: NormalizedValue


@dataclass(frozen=True, slots=True)
class CaptureField:
    """A field to ask for: one of the customer schema, of its `type` there; bounds are None where there is none."""

    label: str
    name: str
    control_type: ControlType
    type: FieldType
    required: bool = True
    minimum: int | float | None = None
    maximum: int | float | None = None
    minimum_length: int | None = None
    maximum_length: int | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Fork:
    """Where customers of whom `holds` is true go; None is the end."""

    holds: Predicate
    to: str | None


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step; `content` is what its config says beside fields and counts, with kebab-case names."""

    name: str
    type: StepType
    content: StepContent = field(default_factory=StepContent)
    fields: tuple[CaptureField, ...] = ()
    forks: tuple[Fork, ...] = ()
    following: str | None = None

    @property
    def targets(self) -> tuple[str | None, ...]:
        """Every place that may come after this step; None is the end."""
        return (*(fork.to for fork in self.forks), self.following)

    def next_name(self, facts: CustomerFacts) -> str | None:
        """Where a customer goes from here; None is the end."""
        return next((fork.to for fork in self.forks if fork.holds(facts)), self.following)


@dataclass(frozen=True, slots=True)
class Graph:
    """Steps without a loop, each reachable from `start`; `max_steps` is how many the longest path has."""

    steps: Mapping[str, FunnelStep]
    start: str
    max_steps: int

    def remaining_steps(self, name: str, facts: CustomerFacts) -> int:
        """How many steps still come after this one for a customer, as far as the data so far selects."""
        count = 0
        following = self.steps[name].next_name(facts)
        while following is not None:
            count += 1
            following = self.steps[following].next_name(facts)
        return count

    def is_last(self, name: str) -> bool:
        """Whether the customer has nothing more to do here once they see this step: a redirect to the end."""
        step = self.steps[name]
        return step.type is StepType.REDIRECT and set(step.targets) == {None}
