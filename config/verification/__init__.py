"""Checks of invariants of the data (`manage.py verify`)."""

from config.verification.caps import CAPS
from config.verification.check import Check, Finding, findings
from config.verification.deliveries import DELIVERIES
from config.verification.hierarchy import HIERARCHY
from config.verification.identities import IDENTITIES
from config.verification.ledgers import LEDGERS
from config.verification.references import references

__all__ = ["Check", "Finding", "all_checks", "findings"]


def all_checks() -> list[Check]:
    """Every check, those of single rows first."""
    return [*references(), *IDENTITIES, *HIERARCHY, *LEDGERS, *CAPS, *DELIVERIES]
