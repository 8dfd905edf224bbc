"""A step as advance-funnel answers it (contract 3, Funnel steps): plain JSON with kebab-case names.

Entries store answers as they were given (`FunnelEntry.answers`), so these are shapes of rows as well as of the wire.
"""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from campaigns.targeting import CustomerFacts
from funnels.funnels.engine.step import CaptureField, FunnelStep, Graph, StepContent, StepType


class OptionAnswer(TypedDict):
    """One choice of a select or radio."""

    label: str
    value: object


FieldAnswer = TypedDict(
    "FieldAnswer",
    {"label": str, "name": str, "control-type": str, "value": object, "options": NotRequired[list[OptionAnswer]]},
)
Progress = TypedDict("Progress", {"remaining-steps": int, "max-steps": int, "step-id": NotRequired[str]})


class Fields(TypedDict, total=False):
    """The fields of a data capture step."""

    fields: list[FieldAnswer]


class StepConfig(StepContent, Fields, Progress):
    """What is shown of a step: its content, its fields where it has some, and how far it is; the end has no step-id."""


class StepAnswer(TypedDict):
    """A step and how to show it."""

    type: str
    config: StepConfig


def step_answer(
    graph: Graph, step: FunnelStep, *, facts: CustomerFacts, shown: Mapping[str, object], step_id: str
) -> StepAnswer:
    """`{type, config}` of a step for a customer; fields carry the value that is `shown` of the customer, or null."""
    progress: Progress = {
        "remaining-steps": graph.remaining_steps(step.name, facts),
        "max-steps": graph.max_steps,
        "step-id": step_id,
    }
    fields: Fields = {"fields": [_field(each, shown) for each in step.fields]} if step.fields else {}
    return {"type": step.type.value, "config": {**step.content, **fields, **progress}}


def answer_showing(answer: StepAnswer, shown: Mapping[str, object]) -> StepAnswer:
    """An answer that was given in another visit, with the values that are `shown` in this one."""
    config = answer["config"]
    if "fields" in config:
        fields: list[FieldAnswer] = [{**field, "value": shown.get(field["name"])} for field in config["fields"]]
        config = config.copy()
        config["fields"] = fields
    return {**answer, "config": config}


def end_answer(graph: Graph) -> StepAnswer:
    """The answer after the last step (contract 4, section C)."""
    return {"type": StepType.END.value, "config": {"remaining-steps": 0, "max-steps": graph.max_steps}}


def _field(asked: CaptureField, shown: Mapping[str, object]) -> FieldAnswer:
    members: FieldAnswer = {
        "label": asked.label,
        "name": asked.name,
        "control-type": asked.control_type.value,
        "value": shown.get(asked.name),
    }
    if asked.options:
        members["options"] = [{"label": option.label, "value": option.value} for option in asked.options]
    return members
