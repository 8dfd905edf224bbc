"""The targeting language: parsed once, compiled to SQL for audiences and to a Python predicate for one customer.

A target is `{attribute, operator, values}`. Its values are alternatives; targets are joined by AND. An absent attribute
fails every operator but `not_in` and `not_exists`.
"""

from campaigns.targeting.condition import Condition, Source
from campaigns.targeting.parse import parse_event_targets, parse_targets
from campaigns.targeting.predicate import CustomerFacts, Predicate, compile_predicate
from campaigns.targeting.sql import compile_sql

__all__ = [
    "Condition",
    "CustomerFacts",
    "Predicate",
    "Source",
    "compile_predicate",
    "compile_sql",
    "parse_event_targets",
    "parse_targets",
]
