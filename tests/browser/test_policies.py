"""Nothing on our own pages is what their Content Security Policy forbids: they work under it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import PATIENCE_MILLISECONDS
from tests.config.served import Served

pytestmark = pytest.mark.xdist_group("browser")
SIZES: dict[str, ViewportSize] = {"1440": {"width": 1440, "height": 900}, "390": {"width": 390, "height": 800}}


@pytest.fixture
def demo(shop: Served) -> dict[str, str]:
    """The credentials of the demo."""
    lines = (shop.data_directory / "demo.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture(params=list(SIZES))
def operator(request: pytest.FixtureRequest, browser: Browser, shop: Served, demo: dict[str, str]) -> Iterator[Page]:
    """The admin's page after the login, on a desk and on a telephone; what the policy blocks fails the test."""
    context = browser.new_context(base_url=f"http://127.0.0.1:{shop.port}", viewport=SIZES[request.param])
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Security Policy" in message.text else None)
    page.goto("/admin/login/?next=/admin/")
    page.get_by_label("Username").fill(demo["ADMIN_USER"])
    page.get_by_label("Password").fill(demo["ADMIN_PASSWORD"])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    yield page
    context.close()
    assert not wrong


def _shot(page: Page, name: str) -> None:
    """A picture to look at, where SCREENSHOTS names a folder."""
    assert page.viewport_size
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{page.viewport_size['width']}.png", full_page=True)


def test_pages_of_the_admin_work_under_their_policy(operator: Page) -> None:
    operator.goto("/admin/campaigns/adcampaign/")
    operator.get_by_role("link", name=re.compile("preview|upgrade", re.IGNORECASE)).first.click()
    operator.wait_for_selector("#adcampaign_form")
    _shot(operator, "campaign")
    operator.goto("/admin/funnels/banner/add/")
    operator.locator(".select2-selection").first.click()
    expect(operator.locator(".select2-results__option").first).to_be_visible()
    _shot(operator, "choice")
    operator.goto("/admin/campaigns/adunit/")
    operator.goto("/admin/customers/operator/1/change/")
    assert operator.locator("input[name=username]").input_value()


def test_a_new_destination_offers_to_be_the_default_where_its_kind_has_none(operator: Page) -> None:
    operator.goto("/admin/campaigns/destination/add/?organization=1")
    kind, box = operator.locator("#id_kind"), operator.locator("#id_is_default")
    taken = (box.get_attribute("data-taken") or "").split()
    assert taken, "the demo has a default of some kind"
    for chosen in ("webhook", taken[0], "webhook"):
        kind.select_option(chosen)
        expect(box).to_be_checked(checked=chosen not in taken)
    box.uncheck()
    kind.select_option(taken[0])
    kind.select_option("webhook")
    expect(box).not_to_be_checked()


def test_a_new_secret_is_shown_once(operator: Page, demo: dict[str, str]) -> None:
    operator.goto("/admin/customers/application/")
    for box in operator.locator("input.action-select").all()[:1]:
        box.check()
    operator.locator("select[name=action]").select_option("give_new_secret")
    operator.get_by_role("button", name="Go").click()
    expect(operator.get_by_text("it can't be shown again")).to_be_visible()
    assert re.search(r"\b[0-9a-f]{64}\b", operator.content())
    assert operator.evaluate("document.documentElement.scrollWidth") <= operator.evaluate("window.innerWidth")
    _shot(operator, "new-secret")
    operator.get_by_role("link", name="Back to the applications").click()
    assert not re.search(r"\b[0-9a-f]{64}\b", operator.content())
    assert demo["API_SECRET"] not in operator.content()


def test_the_documentation_works_under_its_policy(operator: Page) -> None:
    operator.goto("/docs/")
    expect(operator.locator(".opblock").first).to_be_visible()
    operator.locator(".opblock-summary-control").first.click()
    expect(operator.locator(".opblock-body").first).to_be_visible()
    _shot(operator, "docs")


def test_after_five_failed_logins_the_page_says_so(browser: Browser, shop: Served) -> None:
    for size, viewport in SIZES.items():
        context = browser.new_context(base_url=f"http://127.0.0.1:{shop.port}", viewport=viewport)
        page = context.new_page()
        for _ in range(5):
            page.goto("/admin/login/")
            page.get_by_label("Username").fill(f"nobody {size}")
            page.get_by_label("Password").fill("wrong")
            page.get_by_role("button", name="Log in").click()
        expect(page.get_by_text("Too many failed logins")).to_be_visible()
        _shot(page, "too-many-failed-logins")
        context.close()
