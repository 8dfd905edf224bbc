"""Campaigns compiled for decisions, kept in process per organization and version stamp.

Definitions and their stamp come from one statement, hence from one snapshot; see `campaigns.queries.kept`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

from campaigns.decisioning import Candidate, Window
from campaigns.queries.candidate_index import CandidateIndex
from campaigns.queries.kept import KeptByVersion
from campaigns.targeting import Condition, compile_predicate, parse_targets
from customers.errors import DomainError

TARGETS = """COALESCE((
    SELECT json_agg(json_build_object('attribute', target.attribute, 'operator', target.operator,
                                      'values', target.values) ORDER BY target.position)
    FROM campaigns_adtarget target WHERE target.{owner} = {id}
), '[]'::json)"""
WINDOW = """json_build_array({table}.status = 'live' AND {table}.deleted_at IS NULL,
    (extract(epoch FROM {table}.starts_at) * 1000000)::bigint,
    (extract(epoch FROM {table}.ends_at) * 1000000)::bigint)"""
# The types of the organization's customer fields by their names.
SCHEMA = """(SELECT json_object_agg(field.name, field.type)::text FROM customers_customerfield field
     WHERE field.organization_id = organization.id)"""
# Only names of tables and columns are put together here; values are parameters.
CAMPAIGN = f"""
SELECT json_build_object(
    'id', campaign.id, 'name', campaign.name, 'window', {WINDOW.format(table="campaign")},
    'category', campaign.category, 'group_name', campaign.group_name, 'priority', campaign.priority,
    'frequency_cap', campaign.frequency_cap, 'frequency_unit', campaign.frequency_unit,
    'frequency_period', campaign.frequency_period, 'holdout_percent', campaign.holdout_percent,
    'price_per_impression', campaign.price_per_impression::text,
    'price_per_conversion', campaign.price_per_conversion::text,
    'is_capped', EXISTS (
        SELECT FROM campaigns_spendlimit spend WHERE spend.campaign_id = campaign.id
        AND (spend.type = 'capped' OR spend.takes_effect_on IS NOT NULL)),
    'targets', {TARGETS.format(owner="bundle_id", id="bundle.id")},
    'groups', COALESCE((
        SELECT json_agg(json_build_object(
            'id', part.id, 'windows', json_build_array(
                {WINDOW.format(table="line_item")}, {WINDOW.format(table="part")}),
            'targets', {TARGETS.format(owner="group_id", id="part.id")}))
        FROM campaigns_adgroup part JOIN campaigns_adlineitem line_item ON line_item.id = part.line_item_id
        WHERE line_item.campaign_id = campaign.id AND part.deleted_at IS NULL
    ), '[]'::json)
)::text
FROM campaigns_adcampaign campaign LEFT JOIN campaigns_adbundle bundle ON bundle.campaign_id = campaign.id
WHERE campaign.organization_id = organization.id AND
"""  # noqa: S608
LOAD = f"""
SELECT organization.version, {SCHEMA},
    ARRAY({CAMPAIGN} {{which}} ORDER BY campaign.id)
FROM customers_organization organization WHERE organization.id = %s::bigint
"""  # noqa: S608
LOAD_LIVE = LOAD.format(which="campaign.status = 'live' AND campaign.deleted_at IS NULL AND campaign.ends_at > now()")
LOAD_ONE = LOAD.format(which="campaign.id = %s::bigint")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """A creative group: the levels above what is shown, and what it asks beside the campaign; None for nobody."""

    windows: tuple[Window, ...]
    conditions: tuple[Condition, ...] | None


@dataclass(frozen=True, slots=True)
class Definition:
    """A campaign compiled; `conditions` None where a target has lost its meaning, and nobody meets it any more."""

    candidate: Candidate
    conditions: tuple[Condition, ...] | None
    parts: Mapping[int, Part]

    def placed(
        self, placement: str, *, group_id: int | None = None, more: Sequence[Condition] | None = (), payload: Any = None
    ) -> tuple[Candidate, tuple[Condition, ...]]:
        """The campaign in one place, below a group or not, with `more` conditions (None: nobody meets them)."""
        part = Part((), ()) if group_id is None else self.parts.get(group_id, Part((NEVER,), ()))
        conditions = _joined(self.conditions, part.conditions, more)
        meets = self.candidate.meets if conditions == self.conditions else _compiled(conditions)
        candidate = replace(self.candidate, placement=placement, parents=part.windows, meets=meets, payload=payload)
        return candidate, conditions or ()


@dataclass(frozen=True, slots=True)
class Definitions:
    """An organization's campaigns as they stood at `version`; `texts` is what each was compiled from.

    `rendered` is for the endpoints to keep what never changes.
    """

    organization_id: int
    version: int
    schema: Mapping[str, str]
    by_id: Mapping[int, Definition]
    texts: Mapping[int, str]
    index: CandidateIndex
    rendered: dict[Any, Any] = field(default_factory=dict)


NEVER = Window(is_live=False, starts_at=EPOCH, ends_at=EPOCH)


def get_definitions(*, organization_id: int, version: int) -> Definitions:
    """The organization's live campaigns, as new as `version` at least."""
    return _kept.get(organization_id=organization_id, version=version)


def find_definition(*, organization_id: int, campaign_id: int) -> Definition | None:
    """One campaign of the organization, live or not, as it stands now; None where there is none."""
    written = write_definition(organization_id=organization_id, campaign_id=campaign_id)
    return None if written is None else read_definition(organization_id=organization_id, written=written)


def write_definition(*, organization_id: int, campaign_id: int) -> dict[str, Any] | None:
    """What a campaign is compiled from, as JSON to be kept: what is begun by it is finished by it."""
    with connection.cursor() as cursor:
        cursor.execute(LOAD_ONE, [campaign_id, organization_id])
        _, schema, texts = cursor.fetchone()
    if not texts:
        return None
    return {"campaign": orjson.loads(texts[0]), "schema": orjson.loads(schema) if schema else {}}


def read_definition(*, organization_id: int, written: Mapping[str, Any]) -> Definition:
    """Compile what `write_definition` has written."""
    return _compile(organization_id, written["campaign"], written["schema"])


def _load(organization_id: int, _version: int, before: Definitions | None) -> Definitions:
    """Load all, and compile what has changed since `before`."""
    with connection.cursor() as cursor:
        cursor.execute(LOAD_LIVE, [organization_id])
        version, schema_text, texts = cursor.fetchone()
    schema = orjson.loads(schema_text) if schema_text else {}
    usable = before if before is not None and before.schema == schema else None
    by_text = {text: usable.by_id[campaign_id] for campaign_id, text in usable.texts.items()} if usable else {}
    definitions = [by_text.get(text) or _compile(organization_id, orjson.loads(text), schema) for text in texts]
    return Definitions(
        organization_id=organization_id,
        version=version,
        schema=schema,
        by_id={definition.candidate.campaign_id: definition for definition in definitions},
        texts={one.candidate.campaign_id: text for one, text in zip(definitions, texts, strict=True)},
        index=CandidateIndex((one.candidate, one.conditions or ()) for one in definitions),
    )


_kept = KeptByVersion(_load)


def _compile(organization_id: int, members: dict[str, Any], schema: Mapping[str, str]) -> Definition:
    conditions = _parsed(members["targets"], schema)
    prices: dict[str, Any] = {
        name: members[name] and Decimal(members[name]) for name in ("price_per_impression", "price_per_conversion")
    }
    plain = ("name", "category", "group_name", "priority", "holdout_percent", "is_capped")
    caps = ("frequency_cap", "frequency_unit", "frequency_period")
    candidate = Candidate(
        campaign_id=members["id"],
        organization_id=organization_id,
        window=read_window(members["window"]),
        meets=_compiled(conditions),
        **prices,
        **{name: members[name] for name in (*plain, *caps)},
    )
    parts = {
        part["id"]: Part(tuple(map(read_window, part["windows"])), _parsed(part["targets"], schema))
        for part in members["groups"]
    }
    return Definition(candidate, conditions, parts)


def read_window(members: list[Any]) -> Window:
    """The window that WINDOW has written."""
    is_live, starts_at, ends_at = members
    return Window(is_live, EPOCH + timedelta(microseconds=starts_at), EPOCH + timedelta(microseconds=ends_at))


def _parsed(targets: list[Any], schema: Mapping[str, str]) -> tuple[Condition, ...] | None:
    """The targets as conditions; None where the schema no longer has what one of them names."""
    try:
        return parse_targets(targets, schema)
    except DomainError:
        return None


def _joined(*parts: Sequence[Condition] | None) -> tuple[Condition, ...] | None:
    joined: list[Condition] = []
    for part in parts:
        if part is None:
            return None
        joined += part
    return tuple(joined)


def compile_targets(targets: list[Any], schema: Mapping[str, str]) -> Callable[[Any], bool]:
    """Whether a customer meets kept targets; nobody does where one of them has lost its meaning."""
    predicate: Callable[[Any], bool] = _compiled(_parsed(targets, schema))
    return predicate


def _compiled(conditions: Sequence[Condition] | None) -> Any:
    return _nobody if conditions is None else compile_predicate(conditions)


def _nobody(_facts: object) -> bool:
    return False
