"""What an organization's applications show, compiled for decisions and cached in the process by version stamp.

Made by `loading`, on top of `campaigns.decisions.compiled`; cached by `campaigns.decisions.version_cache`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.decisions.candidate_index import CandidateIndex
from campaigns.decisions.compiled import Definitions
from campaigns.decisions.ends import Ends
from campaigns.decisions.engine import Candidate
from funnels.funnels.lookup import FunnelSummary

Rendered = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class ShownBanner:
    """One banner: `link` or `html_content`, the other empty."""

    banner_id: int
    link: str
    html_content: str
    weight: int


@dataclass(frozen=True, slots=True)
class BannerSet:
    """The banners of a campaign in a placeholder, of which one is shown at a time.

    `rendered`, here and below, is where endpoints cache what never changes of their answers.
    """

    banners: tuple[ShownBanner, ...]
    total_weight: int
    funnel: FunnelSummary
    rendered: Rendered = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class ShownPlaceholder:
    """A placeholder and its candidates, whose payloads are `BannerSet`s; sizes in pixels, times in milliseconds."""

    placeholder_id: int
    application_id: int
    name: str
    placement: str
    width: int
    height: int
    maximum_banners: int
    transition_time: int
    is_popup: bool
    popup_timeout: int
    popup_show_close: bool
    index: CandidateIndex
    rendered: Rendered = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class ShownPopup:
    """A popup; it is the payload of its candidate."""

    placement: str
    page_location: str
    show_close: bool
    funnel: FunnelSummary
    rendered: Rendered = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """A business event and the campaigns it may trigger."""

    event_id: int
    application_id: int
    name: str
    placement: str
    index: CandidateIndex


@dataclass(frozen=True, slots=True)
class ApplicationPlacements:
    """What one application shows: placeholders and events by their names, and every popup by its id.

    Only `loading` writes it, while it is a draft.
    """

    placeholders: dict[str, ShownPlaceholder] = field(default_factory=dict)
    popups: dict[int, Candidate] = field(default_factory=dict)
    events: dict[str, ShownEvent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a campaign is shown, by ids; popups are pairs of an application's and their own. `size` as below."""

    placeholders: frozenset[int] = frozenset()
    events: frozenset[int] = frozenset()
    popups: frozenset[tuple[int, int]] = frozenset()
    size: int = 0


@dataclass(frozen=True, slots=True)
class PlacementCatalog:
    """What an organization shows, by application; and all of it by ids, from which the next version is made.

    `size` in bytes, without those of `definitions`; a campaign's `Places` have that of what it was compiled from.
    """

    definitions: Definitions
    applications: Mapping[int, ApplicationPlacements]
    placeholders: Mapping[int, ShownPlaceholder]
    events: Mapping[int, ShownEvent]
    places: Mapping[int, Places]
    ends: Ends
    size: int

    @property
    def version(self) -> int:
        """The stamp that it was compiled for."""
        return self.definitions.version


NOTHING_SHOWN = ApplicationPlacements()


def pick_banner(banners: BannerSet, identity: uuid.UUID, seen: int) -> ShownBanner:
    """The banner of a set that a customer sees now: in proportion to the weights, another one as time goes on."""
    if len(banners.banners) == 1:
        return banners.banners[0]
    point = (identity.int % 9973 + seen * 7919) % banners.total_weight
    for banner in banners.banners:
        point -= banner.weight
        if point < 0:
            return banner
    raise AssertionError("the weights add up to their total")
