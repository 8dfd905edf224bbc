"""Traces, the visits they group, and what is done in them (contract 3, Traces)."""

from traces.models.action import Action
from traces.models.trace import Trace
from traces.models.trail import Trail

__all__ = ["Action", "Trace", "Trail"]
