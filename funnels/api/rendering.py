"""A page as bytes: what never changes of a banner is rendered once per format, and split where the token goes.

A banner is some hundred bytes of names and constants around sixteen new ones. Rendering it each time would cost
several times what deciding costs, in EDN above all.
"""

from uuid import UUID

from campaigns.decisions.engine import Candidate
from funnels.placements.compiled import ShownBanner, ShownPlaceholder
from funnels.placements.sync_page import FilledPlaceholder, PageContent
from traces.wire.negotiation import Format
from traces.wire.rendering import rendered

# In place of the token, which is the first member, so that nothing an operator writes can come before it.
NIL_TOKEN = UUID(int=0)
NIL_TOKEN_TEXT = str(NIL_TOKEN).encode()
Halves = tuple[bytes, bytes]
# What opens a map, goes between its members, and between the items of a list.
MARKS = {Format.JSON: (b'{"', b'":', b',"', b","), Format.EDN: (b"{:", b" ", b" :", b" ")}


def render_page(page: PageContent, response_format: Format) -> bytes:
    """The answer of sync-page."""
    customer_id = rendered(page.customer_id, response_format)
    places = [_placeholder(page, part, customer_id, response_format) for part in page.placeholders]
    popup = b"{}" if page.popup is None else _popup(page, page.popup, response_format)
    return as_map(
        response_format,
        (b"customer-id", customer_id),
        (b"popup", popup),
        (b"placeholders", as_list(response_format, places)),
    )


def _placeholder(page: PageContent, part: FilledPlaceholder, customer_id: bytes, response_format: Format) -> bytes:
    shown = part.placeholder
    constants = shown.rendered.get(response_format)
    if constants is None:
        constants = shown.rendered[response_format] = rendered(_constants(shown), response_format)[1:]
    banners = [_banner(page, shown, candidate, banner, response_format) for candidate, banner in part.banners]
    opened = as_map(
        response_format,
        (b"index", str(part.index).encode()),
        (b"customer-id", customer_id),
        (b"banners-list", as_list(response_format, banners)),
    )
    return opened[:-1] + MARKS[response_format][3] + bytes(constants)


def _constants(shown: ShownPlaceholder) -> dict[str, object]:
    return {
        "is-popup": shown.is_popup,
        "popup-timeout": shown.popup_timeout,
        "popup-show-close": shown.popup_show_close,
        "transition-time": shown.transition_time,
        "width": shown.width,
        "height": shown.height,
    }


def _banner(
    page: PageContent, shown: ShownPlaceholder, candidate: Candidate, banner: ShownBanner, response_format: Format
) -> bytes:
    cache, key, size = candidate.payload.rendered, (banner.banner_id, response_format), (shown.width, shown.height)
    cached_size, halves = cache.get(key, (None, None))
    if halves is None or cached_size != size:
        content = {"link": banner.link} if banner.link else {"html-content": banner.html_content}
        members = {"tracking-token": NIL_TOKEN, "campaign": candidate.campaign_id}
        sizes = {"width": shown.width, "height": shown.height}
        detail = {"banner": {**members, **sizes, **content}, "funnel": candidate.payload.funnel.as_members()}
        halves = _split_at_token(detail, response_format)
        cache[key] = (size, halves)
    return with_token(halves, page.tokens[candidate.campaign_id])


def _popup(page: PageContent, candidate: Candidate, response_format: Format) -> bytes:
    popup = candidate.payload
    halves = popup.rendered.get(response_format)
    if halves is None:
        members = {
            "tracking-token": NIL_TOKEN,
            "campaign": candidate.campaign_id,
            "show-close": popup.show_close,
        }
        halves = popup.rendered[response_format] = _split_at_token(
            {**members, "funnel": popup.funnel.as_members()}, response_format
        )
    return with_token(halves, page.tokens[candidate.campaign_id])


def _split_at_token(members: dict[str, object], response_format: Format) -> Halves:
    before, _, after = rendered(members, response_format).partition(NIL_TOKEN_TEXT)
    return before, after


def with_token(halves: Halves, token: UUID) -> bytes:
    """The two halves with a token between them."""
    return halves[0] + str(token).encode() + halves[1]


def as_map(response_format: Format, *members: tuple[bytes, bytes]) -> bytes:
    """A map of names and rendered values."""
    opening, after_name, between, _ = MARKS[response_format]
    return opening + between.join(name + after_name + value for name, value in members) + b"}"


def as_list(response_format: Format, items: list[bytes]) -> bytes:
    """A list of rendered values."""
    return b"[" + MARKS[response_format][3].join(items) + b"]"
