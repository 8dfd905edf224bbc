"""Whether what a process has brought up to date is what it would have loaded anew."""

from dataclasses import fields, is_dataclass
from typing import Any

from campaigns.behaviors import compiled as behavior_rules
from campaigns.decisions import compiled as definitions
from campaigns.decisions.candidate_index import CandidateIndex
from campaigns.decisions.engine import Candidate, Dated
from campaigns.decisions.version_cache import STORE
from customers.models import Organization
from funnels.placements import loading as placement_loading


def keep(organization: Organization) -> dict[str, Any]:
    """Everything that is kept of an organization as it stands now, as new as its version."""
    asked = {
        "organization_id": organization.pk,
        "version": Organization.objects.values_list("version", flat=True).get(pk=organization.pk),
    }
    return {
        "channel": placement_loading.get_placement_catalog(**asked),
        "definitions": definitions.get_definitions(**asked),
        "rules": behavior_rules.get_behavior_rules(**asked),
    }


def assert_exact(organization: Organization) -> None:
    """What was kept and is brought up to date says the same as what is loaded from nothing."""
    kept = keep(organization)
    forget(organization)
    anew = keep(organization)
    assert kept["channel"] is not anew["channel"]
    for name, one in kept.items():
        assert told(one) == told(anew[name]), name


def forget(organization: Organization) -> None:
    """Keep nothing of an organization."""
    shelf = STORE.by_organization.pop(organization.pk, None)
    STORE.size -= shelf.size if shelf else 0


# Not compared: when it was loaded, how it is found again, and what is counted in bytes of rows that are gone.
LEFT_ASIDE = {"as_of", "places", "size", "sizes", "rendered", "reached", "definitions"}


def told(one: Any) -> Any:
    """What something that is kept says: everything but the functions that are compiled from it."""
    if isinstance(one, Dated):
        one = [span for _, span in sorted(one._spans.items())]
    if isinstance(one, CandidateIndex):
        return _told_by_index(one)
    if isinstance(one, Candidate):
        return {field.name: told(getattr(one, field.name)) for field in fields(one) if field.name != "matches"}
    if is_dataclass(one) and not isinstance(one, type):
        members = {field.name: told(getattr(one, field.name)) for field in fields(one) if field.name not in LEFT_ASIDE}
        return members | {"": type(one).__name__}
    if isinstance(one, dict):
        return {key: told(value) for key, value in one.items()}
    if isinstance(one, list | tuple):
        return [told(value) for value in one]
    return "a function" if callable(one) and not isinstance(one, type) else one


def _told_by_index(index: CandidateIndex) -> dict[int, Any]:
    """The candidates by campaign; each is found where it is looked for, and nothing else is."""
    found = {key: list(several) for key, several in index.unindexed.items()}
    for by_value in index.buckets.values():
        assert by_value
        for bucket in by_value.values():
            assert bucket
            for key, several in bucket.items():
                found.setdefault(key, []).extend(one for one in several if one not in found.get(key, ()))
    placed = {key: [one.candidate for one in several] for key, several in index.placed.items()}
    assert {key: {id(one) for one in several} for key, several in found.items()} == {
        key: {id(one) for one in several} for key, several in placed.items()
    }
    return {key: [(told(one.candidate), one.conditions) for one in several] for key, several in index.placed.items()}
