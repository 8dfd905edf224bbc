"""A step as advance-funnel answers it (contract 3, Funnel steps): plain JSON with kebab-case names."""

from collections.abc import Mapping
from typing import Any

from campaigns.targeting import CustomerFacts
from funnels.funnels.engine.step import CaptureField, FunnelStep, Graph, StepType


def step_answer(
    graph: Graph, step: FunnelStep, *, facts: CustomerFacts, shown: Mapping[str, Any], step_id: str
) -> dict[str, Any]:
    """`{type, config}` of a step for a customer; fields carry the value that is `shown` of the customer, or null."""
    fields = {"fields": [_field(each, shown) for each in step.fields]} if step.fields else {}
    counts = {
        "remaining-steps": graph.remaining_steps(step.name, facts),
        "max-steps": graph.max_steps,
        "step-id": step_id,
    }
    return {"type": step.type.value, "config": {**step.content, **fields, **counts}}


def answer_showing(answer: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """An answer that was given in another visit, with the values that are `shown` in this one."""
    config = dict(answer["config"])
    if "fields" in config:
        config["fields"] = [{**field, "value": shown.get(field["name"])} for field in config["fields"]]
    return {**answer, "config": config}


def end_answer(graph: Graph) -> dict[str, Any]:
    """The answer after the last step (contract 4, section C)."""
    return {"type": StepType.END.value, "config": {"remaining-steps": 0, "max-steps": graph.max_steps}}


def _field(asked: CaptureField, shown: Mapping[str, Any]) -> dict[str, Any]:
    members: dict[str, Any] = {
        "label": asked.label,
        "name": asked.name,
        "control-type": asked.control_type.value,
        "value": shown.get(asked.name),
    }
    if asked.options:
        members["options"] = [{"label": option.label, "value": option.value} for option in asked.options]
    return members
