"""Saving placeholders, banners, popups and business events: what is refused, and what HTML keeps."""

from typing import Any

import pytest

from customers.errors import DomainError
from customers.models import Application, Organization
from funnels.models import Banner, BusinessEvent, EventBinding, Placeholder, Popup
from funnels.placements.banner_html import clean_html
from funnels.placements.objects import (
    delete_placement_object,
    save_banner,
    save_business_event,
    save_event_binding,
    save_placeholder,
    save_popup,
)
from funnels.placements.page_location import matches_pattern
from tests.channels import make_event, make_live_campaign, make_placeholder
from tests.factories import make_application, make_group, make_line_item


@pytest.fixture
def application(db: None) -> Application:  # noqa: ARG001 (the database)
    return make_application().application


def version_of(application: Application) -> int:
    """The stamp as it stands."""
    return Organization.objects.get(pk=application.organization_id).version


def test_every_write_raises_the_version(application: Application) -> None:
    campaign = make_live_campaign(application.organization)
    versions = [version_of(application)]
    place = save_placeholder(placeholder=Placeholder(application=application, name="hero", width=1, height=1))
    versions.append(version_of(application))
    save_banner(banner=Banner(placeholder=place, campaign=campaign, link="/a.png"))
    versions.append(version_of(application))
    save_popup(popup=Popup(application=application, campaign=campaign, page_location="*"))
    versions.append(version_of(application))
    event = save_business_event(event=BusinessEvent(application=application, name="e"))
    versions.append(version_of(application))
    save_event_binding(binding=EventBinding(event=event, campaign=campaign))
    versions.append(version_of(application))
    delete_placement_object(row=place)
    versions.append(version_of(application))
    assert versions == sorted(set(versions))


@pytest.mark.parametrize(
    "link", ["//evil.example/a.png", "https://evil.example/a.png", "javascript:alert(1)", "/\\evil", "a.png", "/a b"]
)
def test_an_image_must_be_a_path_on_this_server(application: Application, link: str) -> None:
    banner = Banner(
        placeholder=make_placeholder(application), campaign=make_live_campaign(application.organization), link=link
    )
    with pytest.raises(DomainError) as refused:
        save_banner(banner=banner)
    assert list(refused.value.fields) == ["link"]


def test_foreign_campaigns_and_groups_are_refused(application: Application) -> None:
    place = make_placeholder(application)
    ours = make_live_campaign(application.organization)
    foreign = make_live_campaign(make_application().application.organization)
    group = make_group(make_line_item(make_live_campaign(application.organization)))
    for banner in (
        Banner(placeholder=place, campaign=foreign, link="/a.png"),
        Banner(placeholder=place, campaign=ours, group=group, link="/a.png"),
        Banner(placeholder=place, campaign=ours),
    ):
        with pytest.raises(DomainError):
            save_banner(banner=banner)


def test_names_are_unique_in_an_application(application: Application) -> None:
    make_placeholder(application, name="hero")
    with pytest.raises(DomainError):
        save_placeholder(placeholder=Placeholder(application=application, name="hero", width=1, height=1))
    other = make_application(application.organization).application
    save_placeholder(placeholder=Placeholder(application=other, name="hero", width=1, height=1))


def test_a_filter_that_names_an_unknown_field_is_refused(application: Application) -> None:
    campaign = make_live_campaign(application.organization)
    event = make_event(application)
    kept = [{"attribute": "context.amount", "operator": "gte", "values": [10]}]
    binding = save_event_binding(binding=EventBinding(event=event, campaign=campaign, filter=kept))
    assert binding.filter == kept
    wrong: Any = [{"attribute": "nothing", "operator": "in", "values": ["x"]}]
    with pytest.raises(DomainError):
        save_event_binding(binding=EventBinding(event=make_event(application), campaign=campaign, filter=wrong))


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<a href=" jAvAsCrIpT:alert(1)">x</a>',
        '<iframe src="https://evil.example"></iframe>',
        "<svg><script>alert(1)</script></svg>",
        '<div style="background:url(javascript:alert(1))">x</div>',
        '<form action="https://evil.example"><input name="password"></form>',
        '<button onclick="alert(1)">x</button>',
        '<button onclick="prisma.startFunnel.call(this);alert(1)">x</button>',
        '<meta http-equiv="refresh" content="0;url=https://evil.example">',
        '<style>*{background:url("https://evil.example")}</style>',
    ],
)
def test_nothing_in_a_banners_html_runs(html: str) -> None:
    cleaned = clean_html(html).lower()
    for danger in ("script", "alert", "onerror", "data:", "iframe", "url(", "<form", "<meta", "<style", "onclick"):
        assert danger not in cleaned


@pytest.mark.parametrize("call", ["startFunnel", "dismissCampaign", "closePopup"])
def test_calls_of_the_browser_client_stay_in_a_banners_html(call: str) -> None:
    html = f'<button class="offer" onclick="prisma.{call}.call(this)">Go</button>'
    assert clean_html(html) == html


@pytest.mark.parametrize(
    ("pattern", "location", "expected"),
    [
        ("*", "anything", True),
        ("http://a/b", "http://a/b", True),
        ("http://a/b", "http://a/b/", False),
        ("*/offer", "http://a/offer", True),
        ("*/offer", "http://a/offers", False),
        ("http://*/offer?*", "http://a/offer?x=1", True),
        ("a*a", "a", False),
        ("*" * 1000 + "x", "y" * 2000, False),
    ],
)
def test_a_page_location_matches_a_pattern_as_a_whole(pattern: str, location: str, expected: object) -> None:
    assert matches_pattern(pattern, location) is expected
