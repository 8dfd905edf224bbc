"""What HTML a banner may hold (contract 4, section C "html-content"): cleaned once, when it is saved.

Text, tables, links and images, styled inline. Nothing runs, but for the three calls of the browser client that known
banners make in `onclick`, and these only as they stand here.
"""

import re

import nh3

CLIENT_CALL = re.compile(r"\s*prisma\.(?:startFunnel|dismissCampaign|closePopup)\.call\(this\)\s*;?\s*", re.ASCII)
TAGS = """
a abbr article b blockquote br button caption cite code dd del div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6
header hr i img ins li mark ol p picture pre s section small source span strong sub sup table tbody td tfoot th thead
tr u ul
"""
EVERYWHERE = {"class", "title", "lang", "dir", "role", "aria-label", "aria-hidden", "style", "onclick", "tabindex"}
ATTRIBUTES = {
    "*": EVERYWHERE,
    "a": {"href", "target"},
    "button": {"type"},
    "img": {"src", "alt", "width", "height"},
    "source": {"type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
STYLES = """
align-items background-color border border-color border-radius border-style border-width bottom box-shadow color display
flex flex-direction flex-wrap font font-family font-size font-style font-weight gap height justify-content left
letter-spacing line-height margin margin-bottom margin-left margin-right margin-top max-height max-width min-height
min-width opacity overflow padding padding-bottom padding-left padding-right padding-top right text-align
text-decoration text-transform top vertical-align white-space width
"""
SCHEMES = frozenset({"http", "https", "mailto", "tel"})


def clean_html(html: str) -> str:
    """The HTML without whatever could run, load from a `data:` URL or leave its place; empty where nothing is left."""
    return nh3.clean(
        html,
        tags=set(TAGS.split()),
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes=set(SCHEMES),
        filter_style_properties=set(STYLES.split()),
        strip_comments=True,
        link_rel="noopener noreferrer",
    ).strip()


def _attribute(_tag: str, name: str, value: str) -> str | None:
    return value if name != "onclick" or CLIENT_CALL.fullmatch(value) else None
