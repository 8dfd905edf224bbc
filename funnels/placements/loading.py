"""Loading what an organization shows: all of it, or what has changed since a cached version.

Both apply rows to a catalog (`Draft`), an empty one in the first case: a catalog that was updated can't differ from one
that was loaded whole.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import orjson
from django.db import connection

from campaigns.decisions.candidate_index import CandidateIndex, Conditions
from campaigns.decisions.compiled import Definitions, get_definitions
from campaigns.decisions.ends import end_before, with_ends
from campaigns.decisions.engine import Candidate
from campaigns.decisions.version_cache import BYTES_AT_LEAST, VersionCache
from campaigns.hierarchy.changes import CAMPAIGNS, CHANGES, IS_KNOWN, MARKED, since
from customers.named_sql import NamedSQL
from funnels.funnels.lookup import NO_FUNNEL, FunnelSummary, funnel_summary
from funnels.models import Funnel
from funnels.placements.compiled import (
    NOTHING_SHOWN,
    ApplicationPlacements,
    BannerSet,
    PlacementCatalog,
    Places,
    ShownBanner,
    ShownEvent,
    ShownPlaceholder,
    ShownPopup,
)
from funnels.placements.event_filters import parse_filter

SQL = NamedSQL(__file__)

PLACEHOLDER_LABEL, EVENT_LABEL = "funnels.placeholder", "funnels.businessevent"
LOAD_CATALOG = SQL("load_catalog", all_rows=SQL("rows_of_each_kind", of_placeholders="", of_events="", of_campaigns=""))
LOAD_CHANGED_ROWS = SQL(
    "load_changed_rows",
    changes=CHANGES,
    changed_campaigns=CAMPAIGNS,
    is_known=IS_KNOWN,
    placeholder_label=PLACEHOLDER_LABEL,
    event_label=EVENT_LABEL,
    changed_rows=SQL(
        "rows_of_each_kind",
        of_placeholders=f"AND row.id = {MARKED.format(label=PLACEHOLDER_LABEL)}",
        of_events=f"AND row.id = {MARKED.format(label=EVENT_LABEL)}",
        of_campaigns="AND row.campaign_id = ANY(ARRAY(SELECT id FROM campaigns))",
    ),
)
# The catalog takes so many bytes for each byte of the rows that it was compiled from (measured): half of them are for
# what is rendered of it in both formats.
BYTES_A_BYTE = 20
PLACEHOLDER_MEMBERS = (
    "application_id",
    "name",
    "width",
    "height",
    "maximum_banners",
    "transition_time",
    "is_popup",
    "popup_timeout",
    "popup_show_close",
)
# As PostgreSQL writes a row as JSON.
Row = dict[str, Any]
Shown = TypeVar("Shown", ShownPlaceholder, ShownEvent)
Placed = list[tuple[Candidate, Conditions]]


class Rows:
    """What a statement has found of each kind, and how many bytes of it belong to each campaign."""

    def __init__(self, texts: Iterable[list[str]]) -> None:
        self.sizes: dict[int, int] = defaultdict(int)
        self.placeholders, self.events, self.banners, self.popups, self.bindings, funnels = map(self._read, texts)
        self.funnels: Mapping[int, FunnelSummary] = {
            row["campaign_id"]: funnel_summary(Funnel(**row)) for row in funnels
        }

    def _read(self, texts: list[str]) -> list[Row]:
        rows = [orjson.loads(text) for text in texts]
        for row, text in zip(rows, texts, strict=True):
            if "campaign_id" in row:
                self.sizes[row["campaign_id"]] += len(text)
        return rows

    def funnel(self, campaign_id: int) -> FunnelSummary:
        """What banners and popups tell of a campaign's funnel."""
        return self.funnels.get(campaign_id, NO_FUNNEL)


@dataclass(frozen=True, slots=True)
class Changed:
    """The ids of what has changed; those that have no row any more were deleted."""

    campaigns: Collection[int] = ()
    placeholders: Collection[int] = ()
    events: Collection[int] = ()


def get_placement_catalog(*, organization_id: int, version: int) -> PlacementCatalog:
    """What the organization shows, as new as `version` at least."""
    return _catalogs.get(organization_id=organization_id, version=version)


def _load(organization_id: int, version: int, before: PlacementCatalog | None) -> PlacementCatalog:
    """The catalog at `version` or later; its two statements are repeated until they see the same version."""
    while True:
        start, changed, found, texts = _find(organization_id, before)
        definitions = get_definitions(organization_id=organization_id, version=max(found, version))
        if definitions.version == found:
            return Draft(start or _empty_catalog(definitions), definitions).changed(changed, Rows(texts))


_catalogs = VersionCache(_load)


def _find(
    organization_id: int, before: PlacementCatalog | None
) -> tuple[PlacementCatalog | None, Changed, int, list[list[str]]]:
    """The catalog to start from, what has changed since, the version, and the rows that have changed.

    Where the changes since `before` are no longer known: None, nothing, the version and all rows.
    """
    with connection.cursor() as cursor:
        if before is not None:
            values = since(organization_id, before.version, labels=[PLACEHOLDER_LABEL, EVENT_LABEL], apps=["funnels"])
            cursor.execute(LOAD_CHANGED_ROWS, values)
            version, is_known, campaigns, placeholders, events, *texts = cursor.fetchone()
            if is_known:
                return before, Changed(campaigns, placeholders, events), version, texts
        cursor.execute(LOAD_CATALOG, [organization_id])
        version, *texts = cursor.fetchone()
        return None, Changed(), version, texts


def _empty_catalog(definitions: Definitions) -> PlacementCatalog:
    return PlacementCatalog(definitions, {}, {}, {}, {}, (), BYTES_AT_LEAST)


class Draft:
    """A catalog that is being made: what changes is copied, the rest is shared with the one before."""

    def __init__(self, before: PlacementCatalog, definitions: Definitions) -> None:
        self.before = before
        self.definitions = definitions
        self.placeholders = dict(before.placeholders)
        self.events = dict(before.events)
        self.places = dict(before.places)
        self.applications = dict(before.applications)
        self.touched: set[int] = set()

    def changed(self, changed: Changed, rows: Rows) -> PlacementCatalog:
        """The catalog with these rows in place of all that belonged to what has changed."""
        over = end_before(self.before.ends, self.definitions.as_of)
        gone = {key: self.places.pop(key) for key in {*changed.campaigns, *over} if key in self.places}
        self._put_placeholders(changed.placeholders, rows.placeholders)
        self._put_events(changed.events, rows.events)
        self._fill(self.placeholders, "placeholders", gone, self._banners(rows))
        self._fill(self.events, "events", gone, self._bindings(rows))
        self._put_popups(gone, rows)
        come = {key: replace(self.places[key], size=size) for key, size in rows.sizes.items() if key in self.places}
        self.places |= come
        freed, taken = (sum(one.size for one in several.values()) for several in (gone, come))
        return PlacementCatalog(
            definitions=self.definitions,
            applications={key: one for key, one in self.applications.items() if one != NOTHING_SHOWN},
            placeholders=self.placeholders,
            events=self.events,
            places=self.places,
            ends=with_ends(
                self.before.ends,
                [_end(self.before.definitions, key) for key in gone],
                [_end(self.definitions, key) for key in come],
            ),
            size=self.before.size + BYTES_A_BYTE * (taken - freed),
        )

    def _application(self, application_id: int) -> ApplicationPlacements:
        """What an application shows, to be changed."""
        if application_id not in self.touched:
            self.touched.add(application_id)
            shown = self.applications.get(application_id, NOTHING_SHOWN)
            self.applications[application_id] = ApplicationPlacements(
                dict(shown.placeholders), dict(shown.popups), dict(shown.events)
            )
        return self.applications[application_id]

    def _put_placeholders(self, changed: Collection[int], rows: list[Row]) -> None:
        """Placeholders as their rows say, with the candidates that they have."""
        indexes = {key: self._take_out(self.placeholders, "placeholders", key) for key in changed}
        for row in rows:
            plain = {name: row[name] for name in PLACEHOLDER_MEMBERS}
            index = indexes.get(row["id"]) or CandidateIndex()
            shown = ShownPlaceholder(row["id"], placement=f"placeholder:{row['id']}", index=index, **plain)
            self.placeholders[row["id"]] = self._by_name(shown, "placeholders")[row["name"]] = shown

    def _put_events(self, changed: Collection[int], rows: list[Row]) -> None:
        """Business events as their rows say, with the candidates that they have."""
        indexes = {key: self._take_out(self.events, "events", key) for key in changed}
        for row in rows:
            index = indexes.get(row["id"]) or CandidateIndex()
            shown = ShownEvent(row["id"], row["application_id"], row["name"], f"event:{row['id']}", index)
            self.events[row["id"]] = self._by_name(shown, "events")[row["name"]] = shown

    def _take_out(self, shown: dict[int, Shown], kind: str, key: int) -> CandidateIndex | None:
        """Remove what has changed, if it is there; its candidates."""
        before = shown.pop(key, None)
        if before is None:
            return None
        del self._by_name(before, kind)[before.name]
        return before.index

    def _by_name(self, shown: ShownPlaceholder | ShownEvent, kind: str) -> dict[str, Any]:
        by_name: dict[str, Any] = getattr(self._application(shown.application_id), kind)
        return by_name

    def _fill(
        self, shown: dict[int, Shown], kind: str, gone: Mapping[int, Places], placed: Mapping[int, Placed]
    ) -> None:
        """Put candidates into placeholders or events, by their ids, in place of those of campaigns that are gone."""
        left: dict[int, list[int]] = defaultdict(list)
        for campaign_id, places in gone.items():
            for key in getattr(places, kind):
                left[key].append(campaign_id)
        for key in {*left, *placed}:
            if key in shown:
                index = shown[key].index.changed(left.get(key, ()), placed.get(key, ()))
                shown[key] = replace(shown[key], index=index)
                self._by_name(shown[key], kind)[shown[key].name] = shown[key]
        for key, several in placed.items():
            for candidate, _ in several:
                self._note_place(candidate.campaign_id, kind, key)

    def _note_place(self, campaign_id: int, kind: str, key: int | tuple[int, int]) -> None:
        """Remember where a campaign is shown."""
        places = self.places.get(campaign_id, Places())
        self.places[campaign_id] = replace(places, **{kind: getattr(places, kind) | {key}})

    def _banners(self, rows: Rows) -> dict[int, Placed]:
        """What banners put into placeholders; those of one campaign, and one group of it, are one candidate."""
        sets: dict[tuple[int, int, int | None], list[Row]] = defaultdict(list)
        for row in rows.banners:
            sets[row["placeholder_id"], row["campaign_id"], row["group_id"]].append(row)
        placed: dict[int, Placed] = defaultdict(list)
        for (placeholder_id, campaign_id, group_id), members in sets.items():
            definition = self.definitions.by_id.get(campaign_id)
            if definition is not None:
                shown = _banner_set(members, rows.funnel(campaign_id))
                placement, order = f"placeholder:{placeholder_id}", members[0]["id"]
                placed[placeholder_id].append(
                    definition.placed(placement, group_id=group_id, order=order, payload=shown)
                )
        return placed

    def _bindings(self, rows: Rows) -> dict[int, Placed]:
        """What business events may trigger."""
        placed: dict[int, Placed] = defaultdict(list)
        for row in rows.bindings:
            definition = self.definitions.by_id.get(row["campaign_id"])
            if definition is not None:
                more = parse_filter(row["filter"], self.definitions.schema)
                placement = f"event:{row['event_id']}"
                placed[row["event_id"]].append(definition.placed(placement, more=more, order=row["id"]))
        return placed

    def _put_popups(self, gone: Mapping[int, Places], rows: Rows) -> None:
        """Popups in place of those of campaigns that are gone."""
        for places in gone.values():
            for application_id, popup_id in places.popups:
                self._popups(application_id).pop(popup_id, None)
        for row in rows.popups:
            definition = self.definitions.by_id.get(row["campaign_id"])
            if definition is not None:
                placement = f"popup:{row['id']}"
                popup = ShownPopup(placement, row["page_location"], row["show_close"], rows.funnel(row["campaign_id"]))
                candidate, _ = definition.placed(placement, group_id=row["group_id"], order=row["id"], payload=popup)
                self._popups(row["application_id"])[row["id"]] = candidate
                self._note_place(row["campaign_id"], "popups", (row["application_id"], row["id"]))

    def _popups(self, application_id: int) -> dict[int, Candidate]:
        return self._application(application_id).popups


def _banner_set(rows: list[Row], funnel: FunnelSummary) -> BannerSet:
    banners = tuple(ShownBanner(row["id"], row["link"], row["html_content"], row["weight"]) for row in rows)
    return BannerSet(banners, sum(banner.weight for banner in banners), funnel)


def _end(definitions: Definitions, campaign_id: int) -> tuple[datetime, int]:
    return definitions.by_id[campaign_id].candidate.window.ends_at, campaign_id
