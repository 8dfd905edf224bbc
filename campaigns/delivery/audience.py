"""Who belongs to an audience, in SQL: one list of filters, by which previews count it and deliveries build it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.db import connection

from campaigns.decisions.compiled import Definition
from campaigns.decisions.engine import Candidate
from campaigns.delivery.channels.registry import CONSENTS
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.frequency import FrequencyUnit, frequency_starts
from campaigns.targeting import Condition, compile_sql
from customers.errors import not_found
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

SAMPLE = 20
CAPS = "caps"
IS_HELD_OUT = SQL("is_held_out")
HAS_FULL_CAP = SQL("has_full_cap")
PREVIEW_AUDIENCE = SQL("preview_audience")


@dataclass(frozen=True, slots=True)
class AudienceFilter:
    """One condition on customers; `sql` (over `customer`) is true for those who remain, and never NULL."""

    name: str
    sql: str = "TRUE"
    parameters: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Cap:
    """How many messages a customer may have of a campaign in the period that began on `starts_on`, by which rule."""

    number: int
    starts_on: date
    rule: int


@dataclass(frozen=True, slots=True)
class AudienceCriteria:
    """Who belongs to an audience: those who pass every filter. `cap` is set if the message counts towards it."""

    organization_id: int
    campaign_id: int
    filters: tuple[AudienceFilter, ...]
    cap: Cap | None

    @property
    def where(self) -> tuple[str, list[Any]]:
        """All filters as one condition over `customer`, and its parameters."""
        return self._joined(self.filters)

    @property
    def where_counted(self) -> tuple[str, list[Any]]:
        """The same without the cap, for a statement that counts towards it and so finds out whether there is room."""
        return self._joined([step for step in self.filters if step.name != CAPS])

    @staticmethod
    def _joined(filters: Sequence[AudienceFilter]) -> tuple[str, list[Any]]:
        asked = [step for step in filters if step.sql != "TRUE"]
        sql = " AND ".join(step.sql for step in asked) or "TRUE"
        return sql, [parameter for step in asked for parameter in step.parameters]


@dataclass(frozen=True, slots=True)
class Preview:
    """How many would be reached, how many each filter leaves (`remaining`) and removes, and the first of them."""

    count: int
    waterfall: list[dict[str, Any]]
    sample: list[dict[str, str | None]]


def get_criteria(
    *,
    organization: Organization,
    definition: Definition,
    group_id: int | None = None,
    creative_type: str | None = None,
    now: datetime,
) -> AudienceCriteria:
    """The criteria of a message, of any message of a group (no `creative_type`), or of a campaign (no `group_id`).

    DomainError `not_found` if the campaign has no such group. A target that can't be evaluated any more matches
    nobody, as in decisions.
    """
    if group_id is not None and group_id not in definition.groups:
        raise not_found("Creative group")
    of_group: tuple[Condition, ...] | None = () if group_id is None else definition.groups[group_id].conditions
    consent = CONSENTS.get(creative_type or "")
    candidate = definition.candidate
    return AudienceCriteria(
        organization.pk,
        candidate.campaign_id,
        (
            _targets("campaign_targets", definition.conditions),
            _targets("group_targets", of_group),
            AudienceFilter("consent", f"(customer.consent AND customer.{consent})" if consent else "customer.consent"),
            _holdout(candidate),
            _caps(candidate, organization, now),
        ),
        _counted_cap(candidate, organization, creative_type, now),
    )


def preview_audience(*, criteria: AudienceCriteria) -> Preview:
    """Count an audience exactly, in one statement that writes nothing."""
    sql, parameters = criteria.where
    cases = " ".join(f"WHEN NOT {step.sql} THEN {number}" for number, step in enumerate(criteria.filters))
    statement = PREVIEW_AUDIENCE.format(cases=cases, last=len(criteria.filters), all=sql, sample=SAMPLE)
    of_cases = [parameter for step in criteria.filters for parameter in step.parameters]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*of_cases, criteria.organization_id, criteria.organization_id, *parameters])
        removed_text, sample = cursor.fetchone()
    removed: dict[str, int] = orjson.loads(removed_text)
    remaining = sum(removed.values())
    waterfall: list[dict[str, Any]] = [{"step": "customers", "remaining": remaining, "removed": 0}]
    for number, step in enumerate(criteria.filters):
        lost = removed.get(str(number), 0)
        remaining -= lost
        waterfall.append({"step": step.name, "remaining": remaining, "removed": lost})
    return Preview(remaining, waterfall, orjson.loads(sample))


def _targets(name: str, conditions: tuple[Condition, ...] | None) -> AudienceFilter:
    if conditions is None:
        return AudienceFilter(name, "FALSE")
    sql, parameters = compile_sql(conditions, "customer")
    return AudienceFilter(name, sql, tuple(parameters))


def _holdout(candidate: Candidate) -> AudienceFilter:
    if not candidate.holdout_percent:
        return AudienceFilter("holdout")
    return AudienceFilter(
        "holdout", f"(NOT {IS_HELD_OUT})", (f"{candidate.campaign_id}:", candidate.holdout_percent * 100)
    )


def _caps(candidate: Candidate, organization: Organization, now: datetime) -> AudienceFilter:
    cap = _cap_of(candidate, organization, now)
    if cap is None:
        return AudienceFilter(CAPS)
    return AudienceFilter(CAPS, f"(NOT {HAS_FULL_CAP})", (candidate.campaign_id, cap.rule, cap.starts_on, cap.number))


def _cap_of(candidate: Candidate, organization: Organization, now: datetime) -> Cap | None:
    if candidate.frequency_cap is None or candidate.frequency_period is None:
        return None
    start = frequency_starts(now, organization.zone)[candidate.frequency_period]
    return Cap(candidate.frequency_cap, date.fromordinal(start), candidate.frequency_rule)


def _counted_cap(
    candidate: Candidate, organization: Organization, creative_type: str | None, now: datetime
) -> Cap | None:
    """A message that is sent counts as an impression; one that goes nowhere doesn't."""
    if candidate.frequency_unit != FrequencyUnit.IMPRESSIONS or creative_type is None:
        return None
    if creative_type == CreativeType.ISSUE_AUDIENCE_CSV_NO_MSG:
        return None
    return _cap_of(candidate, organization, now)


def sends_nothing(ad_type: str) -> bool:
    """Whether a delivery of this type is over once its audience is built (contract 4, "counts by type")."""
    return ad_type == AdType.ISSUE_AUDIENCE_CSV_NO_MSG
