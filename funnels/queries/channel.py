"""What an organization's applications show, compiled for decisions: kept in process per version stamp.

Built on `campaigns.queries.definitions`, and kept like them; see `campaigns.queries.kept`.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection

from campaigns.decisioning import Candidate
from campaigns.queries.candidate_index import CandidateIndex, Conditions
from campaigns.queries.definitions import Definitions, get_definitions
from campaigns.queries.kept import KeptByVersion
from funnels.models import Funnel
from funnels.queries.event_filters import parse_filter
from funnels.queries.funnels import NO_FUNNEL, FunnelSummary, funnel_summary

LOAD = """
SELECT organization.version,
    (SELECT json_agg(placeholder ORDER BY placeholder.id)::text FROM funnels_placeholder placeholder
     WHERE placeholder.organization_id = organization.id),
    (SELECT json_agg(banner ORDER BY banner.id)::text FROM funnels_banner banner
     WHERE banner.organization_id = organization.id),
    (SELECT json_agg(popup ORDER BY popup.id)::text FROM funnels_popup popup
     WHERE popup.organization_id = organization.id),
    (SELECT json_agg(event ORDER BY event.id)::text FROM funnels_businessevent event
     WHERE event.organization_id = organization.id),
    (SELECT json_agg(binding ORDER BY binding.id)::text FROM funnels_eventbinding binding
     WHERE binding.organization_id = organization.id),
    (SELECT json_agg(json_build_object(
        'campaign_id', funnel.campaign_id, 'style', style, 'allow_dismiss', allow_dismiss,
        'landing_page', landing_page, 'always_use_landing', always_use_landing,
        'show_progress_bar', show_progress_bar, 'new_window', new_window))::text
     FROM funnels_funnel funnel WHERE funnel.organization_id = organization.id)
FROM customers_organization organization WHERE organization.id = %s::bigint
"""
Placed = list[tuple[Candidate, Conditions]]


@dataclass(frozen=True, slots=True)
class ShownBanner:
    """One banner: `link` or `html_content`, the other empty."""

    banner_id: int
    link: str
    html_content: str
    weight: int


@dataclass(frozen=True, slots=True)
class BannerSet:
    """The banners of a campaign in a placeholder, of which one is shown at a time."""

    banners: tuple[ShownBanner, ...]
    total_weight: int
    funnel: FunnelSummary


@dataclass(frozen=True, slots=True)
class ShownPlaceholder:
    """A placeholder and its candidates, whose payloads are `BannerSet`s; sizes in pixels, times in milliseconds."""

    placeholder_id: int
    placement: str
    width: int
    height: int
    maximum_banners: int
    transition_time: int
    is_popup: bool
    popup_timeout: int
    popup_show_close: bool
    index: CandidateIndex


@dataclass(frozen=True, slots=True)
class ShownPopup:
    """A popup; it is the payload of its candidate."""

    placement: str
    page_location: str
    show_close: bool
    funnel: FunnelSummary


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """A business event and the campaigns it may trigger."""

    event_id: int
    placement: str
    index: CandidateIndex


@dataclass(frozen=True, slots=True)
class ApplicationChannel:
    """What one application shows: placeholders and events by their names, and every popup."""

    placeholders: Mapping[str, ShownPlaceholder]
    popups: tuple[Candidate, ...]
    events: Mapping[str, ShownEvent]


@dataclass(frozen=True, slots=True)
class Channel:
    """What an organization shows, by application; `rendered` is for the endpoints to keep what never changes."""

    version: int
    definitions: Definitions
    applications: Mapping[int, ApplicationChannel]
    rendered: dict[Any, Any] = field(default_factory=dict)


NOTHING_SHOWN = ApplicationChannel({}, (), {})


def get_channel(*, organization_id: int, version: int) -> Channel:
    """What the organization shows, as new as `version` at least."""
    return _kept.get(organization_id=organization_id, version=version)


def _load(organization_id: int, version: int, _before: Channel | None) -> Channel:
    """Both statements see the same version, or are asked again."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(LOAD, [organization_id])
            found, *texts = cursor.fetchone()
        definitions = get_definitions(organization_id=organization_id, version=max(found, version))
        if definitions.version == found:
            return _compile(definitions, [orjson.loads(text) if text else [] for text in texts])


_kept = KeptByVersion(_load)


def _compile(definitions: Definitions, rows: list[list[dict[str, Any]]]) -> Channel:
    placeholders, banners, popups, events, bindings, funnels = rows
    summaries = {row["campaign_id"]: funnel_summary(Funnel(**row)) for row in funnels}
    shown = _placeholders(definitions, placeholders, banners, summaries)
    unfolding = _popups(definitions, popups, summaries)
    told = _events(definitions, events, bindings)
    applications = {
        application_id: ApplicationChannel(
            shown.get(application_id, {}), tuple(unfolding.get(application_id, ())), told.get(application_id, {})
        )
        for application_id in {*shown, *unfolding, *told}
    }
    return Channel(definitions.version, definitions, applications)


def _placeholders(
    definitions: Definitions,
    placeholders: list[dict[str, Any]],
    banners: list[dict[str, Any]],
    summaries: Mapping[int, FunnelSummary],
) -> dict[int, dict[str, ShownPlaceholder]]:
    sets: dict[int, dict[tuple[int, int | None], list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in banners:
        sets[row["placeholder_id"]][row["campaign_id"], row["group_id"]].append(row)
    shown: dict[int, dict[str, ShownPlaceholder]] = defaultdict(dict)
    for row in placeholders:
        placement = f"placeholder:{row['id']}"
        index = CandidateIndex(
            definitions.by_id[campaign_id].placed(
                placement, group_id=group_id, payload=_banner_set(members, summaries.get(campaign_id, NO_FUNNEL))
            )
            for (campaign_id, group_id), members in sets[row["id"]].items()
            if campaign_id in definitions.by_id
        )
        plain = {name: row[name] for name in PLACEHOLDER_MEMBERS}
        shown[row["application_id"]][row["name"]] = ShownPlaceholder(row["id"], placement, index=index, **plain)
    return shown


PLACEHOLDER_MEMBERS = (
    "width",
    "height",
    "maximum_banners",
    "transition_time",
    "is_popup",
    "popup_timeout",
    "popup_show_close",
)


def _banner_set(rows: list[dict[str, Any]], funnel: FunnelSummary) -> BannerSet:
    banners = tuple(ShownBanner(row["id"], row["link"], row["html_content"], row["weight"]) for row in rows)
    return BannerSet(banners, sum(banner.weight for banner in banners), funnel)


def _popups(
    definitions: Definitions, popups: list[dict[str, Any]], summaries: Mapping[int, FunnelSummary]
) -> dict[int, list[Candidate]]:
    unfolding: dict[int, list[Candidate]] = defaultdict(list)
    for row in popups:
        definition = definitions.by_id.get(row["campaign_id"])
        if definition is not None:
            placement = f"popup:{row['id']}"
            funnel = summaries.get(row["campaign_id"], NO_FUNNEL)
            popup = ShownPopup(placement, row["page_location"], row["show_close"], funnel)
            candidate, _ = definition.placed(placement, group_id=row["group_id"], payload=popup)
            unfolding[row["application_id"]].append(candidate)
    return unfolding


def _events(
    definitions: Definitions, events: list[dict[str, Any]], bindings: list[dict[str, Any]]
) -> dict[int, dict[str, ShownEvent]]:
    bound: dict[int, Placed] = defaultdict(list)
    for row in bindings:
        definition = definitions.by_id.get(row["campaign_id"])
        if definition is not None:
            conditions = parse_filter(row["filter"], definitions.schema)
            bound[row["event_id"]].append(definition.placed(f"event:{row['event_id']}", more=conditions))
    told: dict[int, dict[str, ShownEvent]] = defaultdict(dict)
    for row in events:
        shown = ShownEvent(row["id"], f"event:{row['id']}", CandidateIndex(bound[row["id"]]))
        told[row["application_id"]][row["name"]] = shown
    return told


def weighted(banners: BannerSet, identity: uuid.UUID, seen: int) -> ShownBanner:
    """The banner of a set that a customer sees now: in proportion to the weights, another one as time goes on."""
    if len(banners.banners) == 1:
        return banners.banners[0]
    point = (identity.int % 9973 + seen * 7919) % banners.total_weight
    for banner in banners.banners:
        point -= banner.weight
        if point < 0:
            return banner
    raise AssertionError("the weights add up to their total")
