"""Campaigns compiled for decisions and cached in each process by organization and version.

Definitions and the version are read in one statement, hence in one snapshot; see `campaigns.decisions.version_cache`.
If an older version is cached, only the campaigns that changed since are loaded and compiled: see
`campaigns.hierarchy.changes`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

from campaigns.decisions.candidate_index import CandidateIndex
from campaigns.decisions.ends import Ends, end_before, with_ends
from campaigns.decisions.engine import Candidate, Window
from campaigns.decisions.version_cache import BYTES_AT_LEAST, VersionCache
from campaigns.hierarchy.changes import CAMPAIGNS, CHANGES, IS_KNOWN, MARKED, since
from campaigns.schedule.levels import is_live
from campaigns.targeting import Condition, Predicate, compile_predicate, parse_targets
from customers.errors import DomainError
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)


def _window(level: str) -> str:
    return SQL("level_window", level=level, is_live=is_live(level))


CUSTOMER_SCHEMA = SQL("customer_schema")
CAMPAIGN_WINDOW = _window("campaign")
CAMPAIGN_TARGETS = SQL("targets", owner="bundle_id", id="bundle.id")
CAMPAIGN_DEFINITIONS = SQL(
    "campaign_definitions",
    campaign_window=CAMPAIGN_WINDOW,
    campaign_targets=CAMPAIGN_TARGETS,
    line_item_window=_window("line_item"),
    group_window=_window("creative_group"),
    group_targets=SQL("targets", owner="creative_group_id", id="creative_group.id"),
)
# Live and not ended: other campaigns needn't be kept. Whether one has begun is asked of its window.
MAY_BE_OFFERED = f"{is_live('campaign')} AND campaign.ends_at > now()"
# The campaigns that have a spend limit, or still had one in this period.
CAPPED = "(spend.type = 'capped' OR spend.takes_effect_on IS NOT NULL)"
LOAD_CAMPAIGN = SQL("load_campaign", schema=CUSTOMER_SCHEMA, campaigns=CAMPAIGN_DEFINITIONS)
LOAD_LIVE_CAMPAIGNS = SQL(
    "load_live_campaigns",
    schema=CUSTOMER_SCHEMA,
    campaigns=CAMPAIGN_DEFINITIONS,
    may_be_offered=MAY_BE_OFFERED,
    capped=CAPPED,
)
LOAD_CHANGED_CAMPAIGNS = SQL(
    "load_changed_campaigns",
    changes=CHANGES,
    changed_campaigns=CAMPAIGNS,
    is_known=IS_KNOWN,
    campaigns=CAMPAIGN_DEFINITIONS,
    may_be_offered=MAY_BE_OFFERED,
    capped=CAPPED,
    changed_limits=MARKED.format(label="campaigns.spendlimit"),
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CompiledGroup:
    """A creative group: the windows of its levels, and its own conditions; None if it matches nobody."""

    windows: tuple[Window, ...]
    conditions: tuple[Condition, ...] | None


@dataclass(frozen=True, slots=True)
class Definition:
    """A compiled campaign; `conditions` is None if a target has become invalid, so that it matches nobody.

    `size` is that of the text it was compiled from, in bytes; endpoints cache in `rendered` what never changes of it.
    """

    candidate: Candidate
    conditions: tuple[Condition, ...] | None
    groups: Mapping[int, CompiledGroup]
    size: int = 0
    rendered: dict[object, Any] = field(default_factory=dict, compare=False)

    def placed(
        self,
        placement: str,
        *,
        group_id: int | None = None,
        more: Sequence[Condition] | None = (),
        order: int = 0,
        payload: Any = None,
    ) -> tuple[Candidate, tuple[Condition, ...]]:
        """The campaign in one placement, below a group or not, with `more` conditions (None matches nobody)."""
        group = CompiledGroup((), ()) if group_id is None else self.groups.get(group_id, CompiledGroup((NEVER,), ()))
        conditions = _joined(self.conditions, group.conditions, more)
        matches = self.candidate.matches if conditions == self.conditions else _compiled(conditions)
        candidate = replace(
            self.candidate, placement=placement, parents=group.windows, order=order, matches=matches, payload=payload
        )
        return candidate, conditions or ()


@dataclass(frozen=True, slots=True)
class Definitions:
    """An organization's live campaigns at `version`, without those that had ended at `as_of`.

    `capped` are the campaigns that have a spend limit, live or not. `size` is in bytes.
    """

    organization_id: int
    version: int
    as_of: datetime
    schema: Mapping[str, str]
    by_id: Mapping[int, Definition]
    index: CandidateIndex
    ends: Ends
    capped: frozenset[int]
    size: int


# An entry takes so many bytes for each byte of the text it was compiled from (measured with the bench's campaigns).
BYTES_A_BYTE = 9
NEVER = Window(is_live=False, starts_at=EPOCH, ends_at=EPOCH)


def get_definitions(*, organization_id: int, version: int) -> Definitions:
    """The organization's live campaigns, of `version` or newer."""
    return _cache.get(organization_id=organization_id, version=version)


def find_definition(*, organization_id: int, campaign_id: int) -> Definition | None:
    """One campaign of the organization, live or not, read now; None if there is none."""
    written = write_definition(organization_id=organization_id, campaign_id=campaign_id)
    return None if written is None else read_definition(organization_id=organization_id, written=written)


def write_definition(*, organization_id: int, campaign_id: int) -> dict[str, object] | None:
    """What a campaign is compiled from, as JSON that a delivery stores to be finished by the same definition."""
    with connection.cursor() as cursor:
        cursor.execute(LOAD_CAMPAIGN, [campaign_id, organization_id])
        schema, texts = cursor.fetchone()
    if not texts:
        return None
    return {"campaign": orjson.loads(texts[0]), "schema": orjson.loads(schema) if schema else {}}


def read_definition(*, organization_id: int, written: Mapping[str, Any]) -> Definition:
    """Compile what `write_definition` has written."""
    return _compile(organization_id, written["campaign"], written["schema"])


def _load(organization_id: int, _version: int, before: Definitions | None) -> Definitions:
    """Bring `before` up to date; load everything if there is none, or not all changes since are known."""
    return (None if before is None else _load_changed(before)) or _load_all(organization_id)


def _load_all(organization_id: int) -> Definitions:
    with connection.cursor() as cursor:
        cursor.execute(LOAD_LIVE_CAMPAIGNS, [organization_id])
        version, as_of, schema, texts, capped = cursor.fetchone()
    nothing = Definitions(
        organization_id=organization_id,
        version=version,
        as_of=as_of,
        schema=orjson.loads(schema) if schema else {},
        by_id={},
        index=CandidateIndex(),
        ends=(),
        capped=frozenset(capped),
        size=BYTES_AT_LEAST,
    )
    return _with(nothing, (), texts)


def _load_changed(before: Definitions) -> Definitions | None:
    """The current definitions, made from those before; None if not all changes are known."""
    with connection.cursor() as cursor:
        cursor.execute(LOAD_CHANGED_CAMPAIGNS, since(before.organization_id, before.version))
        version, as_of, is_known, changed, texts, limits = cursor.fetchone()
    if not is_known:
        return None
    capped = before.capped
    if limits:
        now_capped = dict(orjson.loads(limits))
        capped = (capped - now_capped.keys()) | {key for key, is_capped in now_capped.items() if is_capped}
    now = replace(before, version=version, as_of=as_of, capped=capped)
    return _with(now, {*changed, *end_before(before.ends, as_of)}, texts)


def _with(before: Definitions, changed: Collection[int], texts: Sequence[str]) -> Definitions:
    """The definitions with the changed campaigns replaced by `texts`; campaigns without a text are removed."""
    gone = [before.by_id[campaign_id] for campaign_id in changed if campaign_id in before.by_id]
    if not gone and not texts:
        return before
    come = [_compile(before.organization_id, orjson.loads(text), before.schema, len(text)) for text in texts]
    by_id = dict(before.by_id)
    for one in gone:
        del by_id[one.candidate.campaign_id]
    by_id |= {one.candidate.campaign_id: one for one in come}
    return replace(
        before,
        by_id=by_id,
        index=before.index.changed(
            [one.candidate.campaign_id for one in gone], [(one.candidate, one.conditions or ()) for one in come]
        ),
        ends=with_ends(before.ends, map(_end, gone), map(_end, come)),
        size=before.size + BYTES_A_BYTE * (sum(one.size for one in come) - sum(one.size for one in gone)),
    )


def _end(one: Definition) -> tuple[datetime, int]:
    return one.candidate.window.ends_at, one.candidate.campaign_id


_cache = VersionCache(_load)


def _compile(organization_id: int, members: dict[str, Any], schema: Mapping[str, str], size: int = 0) -> Definition:
    conditions = _parsed(members["targets"], schema)
    prices: dict[str, Any] = {
        name: members[name] and Decimal(members[name]) for name in ("price_per_impression", "price_per_conversion")
    }
    plain = ("name", "category", "group_name", "priority", "holdout_percent")
    caps = ("frequency_cap", "frequency_unit", "frequency_period")
    candidate = Candidate(
        campaign_id=members["id"],
        organization_id=organization_id,
        window=read_window(members["window"]),
        matches=_compiled(conditions),
        # Definitions stored by deliveries from before this column have none.
        frequency_rule=members.get("frequency_rule", 0),
        **prices,
        **{name: members[name] for name in (*plain, *caps)},
    )
    groups = {
        group["id"]: CompiledGroup(tuple(map(read_window, group["windows"])), _parsed(group["targets"], schema))
        for group in members["groups"]
    }
    return Definition(candidate, conditions, groups, size)


def read_window(members: list[Any]) -> Window:
    """The window that `level_window` in compiled.sql has written."""
    is_live, starts_at, ends_at = members
    return Window(is_live, EPOCH + timedelta(microseconds=starts_at), EPOCH + timedelta(microseconds=ends_at))


def _parsed(targets: object, schema: Mapping[str, str]) -> tuple[Condition, ...] | None:
    """The targets as conditions; None if the schema no longer has a field that one of them names."""
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


def compile_targets(targets: object, schema: Mapping[str, str]) -> Predicate:
    """The predicate of stored targets; it matches nobody if one of them has become invalid."""
    return _compiled(_parsed(targets, schema))


def _compiled(conditions: Sequence[Condition] | None) -> Predicate:
    return _nobody if conditions is None else compile_predicate(conditions)


def _nobody(_facts: object) -> bool:
    return False
