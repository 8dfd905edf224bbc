"""A funnel's steps: parsed and checked when they are saved, walked when a customer advances. Pure; no I/O.

A funnel is a list of steps, the first one its start. After a step comes the target of its first fork whose conditions
(the targeting language, over the customer and what was captured so far) all hold, else its `next`; none is the end.
"""

from funnels.funnels.engine.answer import FieldAnswer, StepAnswer, StepConfig, answer_showing, end_answer, step_answer
from funnels.funnels.engine.capture import CheckedValues, check_values
from funnels.funnels.engine.parse import parse_steps
from funnels.funnels.engine.step import CaptureField, ControlType, Fork, FunnelStep, Graph, Option, StepType

__all__ = [
    "CaptureField",
    "CheckedValues",
    "ControlType",
    "FieldAnswer",
    "Fork",
    "FunnelStep",
    "Graph",
    "Option",
    "StepAnswer",
    "StepConfig",
    "StepType",
    "answer_showing",
    "check_values",
    "end_answer",
    "parse_steps",
    "step_answer",
]
