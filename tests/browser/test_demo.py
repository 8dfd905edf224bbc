"""A newcomer in the demo's shop: banners, a popup, both forks of the funnel, not interested, converted."""

import hashlib
import hmac
import os
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.config.served import Served

pytestmark = pytest.mark.xdist_group("browser")
Database = psycopg.Connection[tuple[Any, ...]]
ATTACK = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


def _open(page: Page, path: str = "/demo/") -> None:
    page.goto(path)
    page.wait_for_selector("body[data-loaded=yes]")


def _shot(page: Page, name: str) -> None:
    """A picture to look at, where SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def _me(page: Page) -> str:
    """The customer-id that the browser remembers."""
    found: str = page.evaluate("JSON.parse(localStorage.getItem(Object.keys(localStorage)[0])).customerId")
    return found


def _row(database: Database, statement: str, customer_id: str) -> tuple[Any, ...] | None:
    return database.execute(statement, [customer_id]).fetchone()


def _entry(database: Database, customer_id: str) -> Any:
    return _row(
        database,
        """SELECT entry.step, entry.is_finished, entry.data, customer.attributes
           FROM funnels_funnelentry entry JOIN customers_customer customer ON customer.id = entry.customer_id
           JOIN campaigns_adcampaign campaign ON campaign.id = entry.campaign_id
           WHERE campaign.name = 'Card upgrade' AND customer.external_id = %s""",
        customer_id,
    )


def _participation(database: Database, customer_id: str) -> Any:
    return _row(
        database,
        """SELECT campaign.name, mine.dismissed_count, mine.converted_count
           FROM campaigns_participation mine JOIN campaigns_adcampaign campaign ON campaign.id = mine.campaign_id
           JOIN customers_customer customer ON customer.id = mine.customer_id
           WHERE customer.external_id = %s AND mine.dismissed_count + mine.converted_count > 0""",
        customer_id,
    )


def _start(page: Page) -> FrameLocator:
    """Click the hero, and go on to the details."""
    page.locator('[data-prisma-placeholder="home-hero"] button').click()
    funnel = page.frame_locator(".prisma-popup iframe")
    expect(funnel.get_by_role("heading", name="Move up to a better card")).to_be_visible()
    _shot(page, "message")
    funnel.get_by_role("button", name="Next").click()
    return funnel


def _details(funnel: FrameLocator, name: str, email: str, card: str) -> None:
    funnel.get_by_label("First name").fill(name)
    funnel.get_by_label("Email").fill(email)
    funnel.get_by_label(card).check()
    funnel.get_by_role("button", name="Next").click()


def _apply(page: Page) -> None:
    page.wait_for_url("**/demo/apply/**")
    page.wait_for_selector("body[data-loaded=yes]")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send my application").click()
    expect(page.get_by_text("Your card is on its way")).to_be_visible()


def test_the_shop_shows_its_banners(page: Page) -> None:
    _open(page)
    hero = page.locator('[data-prisma-placeholder="home-hero"] img')
    expect(hero).to_be_visible()
    assert hero.evaluate("image => image.naturalWidth") > 0
    sidebar = page.locator('[data-prisma-placeholder="sidebar"]')
    expect(sidebar.get_by_role("heading", name="Trail weekend")).to_be_visible()
    sidebar.get_by_role("button", name="Offer 2 of 2").click()
    expect(sidebar.get_by_role("heading", name="Trail weekend")).to_be_hidden()
    expect(sidebar.locator("img")).to_be_visible()
    _shot(page, "home")


def test_a_customer_goes_through_all_steps_and_converts(page: Page, database: Database) -> None:
    _open(page)
    me = _me(page)
    funnel = _start(page)
    _details(funnel, ATTACK, "nowhere@x", "Gold")
    expect(funnel.get_by_role("alert")).to_contain_text("An email address is expected.")
    expect(funnel.get_by_label("First name")).to_have_value(ATTACK)
    _shot(page, "errors")
    _details(funnel, ATTACK, f"{me}@example.org", "Gold")
    funnel.get_by_label("Date of birth").fill("1990-02-03")
    funnel.get_by_label("State").select_option("CA")
    _shot(page, "gold")
    funnel.get_by_role("button", name="Next").click()
    _apply(page)
    kept = {"first_name": ATTACK, "email": f"{me}@example.org", "loyalty_tier": "gold"}
    kept |= {"birth_date": "1990-02-03", "state": "CA"}
    assert _entry(database, me) == ("form", True, kept, kept)
    assert _participation(database, me) == ("Card upgrade", 0, 1)
    page.goto("/demo/")
    page.wait_for_selector("body[data-loaded=yes]")
    expect(page.locator('[data-prisma-placeholder="home-hero"] img')).to_have_count(0)


def test_the_short_way(page: Page, database: Database) -> None:
    _open(page)
    me = _me(page)
    _details(_start(page), "Ben", f"{me}@example.org", "Silver")
    _apply(page)
    step, is_finished, data, _ = _entry(database, me)
    assert (step, is_finished, data["loyalty_tier"]) == ("form", True, "silver")
    assert "state" not in data


def test_not_interested_in_the_popup_dismisses_the_campaign(page: Page, database: Database) -> None:
    _open(page, "/demo/offers/")
    me = _me(page)
    funnel = page.frame_locator(".prisma-popup iframe")
    expect(funnel.get_by_role("heading", name="Move up to a better card")).to_be_visible()
    _shot(page, "popup")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".prisma-popup")).to_have_count(0)
    _open(page, "/demo/offers/")
    funnel.get_by_role("button", name="I'm not interested").click()
    expect(page.locator(".prisma-popup")).to_have_count(0)
    assert _participation(database, me) == ("Card upgrade", 1, 0)
    _open(page, "/demo/offers/")
    expect(page.locator(".prisma-popup")).to_have_count(0)


def test_a_banner_that_dismisses_its_campaign(page: Page, database: Database) -> None:
    _open(page)
    sidebar = page.locator('[data-prisma-placeholder="sidebar"]')
    sidebar.get_by_role("button", name="No, thanks").click()
    expect(sidebar.get_by_role("heading", name="Trail weekend")).to_have_count(0)
    assert _participation(database, _me(page)) == ("Trail weekend", 1, 0)


def test_the_funnel_works_without_javascript(page: Page, shop: Served, database: Database) -> None:
    _open(page)
    me = _me(page)
    page.locator('[data-prisma-placeholder="home-hero"] button').click()
    address = page.locator(".prisma-popup iframe").get_attribute("src")
    assert address
    assert page.context.browser
    plain = page.context.browser.new_context(java_script_enabled=False, base_url=f"http://127.0.0.1:{shop.port}")
    reader = plain.new_page()
    reader.goto(address)
    reader.get_by_role("button", name="Next").click()
    reader.get_by_label("First name").fill("Cleo")
    reader.get_by_label("Email").fill(f"{me}@example.org")
    reader.get_by_label("Silver").check()
    reader.get_by_role("button", name="Next").click()
    reader.get_by_role("link", name="Continue").click()
    expect(reader.get_by_role("heading", name="Your new card")).to_be_visible()
    assert _entry(database, me)[2]["first_name"] == "Cleo"
    plain.close()


def _credentials(shop: Served) -> dict[str, str]:
    lines = (shop.data_directory / "demo.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_the_pages_hold_the_token_of_the_shop_alone(page: Page, shop: Served) -> None:
    credentials = _credentials(shop)
    for path in ("/demo/", "/demo/offers/", "/demo/apply/"):
        _open(page, path)
        content = page.content()
        assert credentials["WEB_APP_TOKEN"] in content
        kept = page.evaluate("JSON.stringify(localStorage)")
        for name in ("APP_TOKEN", "API_KEY", "API_SECRET", "IDENTITY_SECRET", "WEB_IDENTITY_SECRET"):
            assert credentials[name] not in content + kept


def test_only_who_is_known_is_shown_what_is_known(page: Page, shop: Served) -> None:
    secret = _credentials(shop)["WEB_IDENTITY_SECRET"]
    signed = hmac.new(secret.encode(), b"ACME-00003", hashlib.sha256).hexdigest()
    for number, (token, is_known) in enumerate((("", False), (signed, True), ("", False))):
        _open(page, f"/demo/?customer=ACME-00003&customer_token={token}")
        if number == 0:
            _start(page)
        else:
            # The way goes on where it was left.
            page.locator('[data-prisma-placeholder="home-hero"] button').click()
        email = page.frame_locator(".prisma-popup iframe").get_by_label("Email")
        expect(email).to_have_value(re.compile(r"@example\.com$" if is_known else "^$"))
    _open(page, f"/demo/?customer=ACME-00004&customer_token={signed}")
    expect(page.get_by_text("customer-token is not that of the customer-id")).to_be_visible()


def test_the_shop_works_on_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    _open(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    _start(page)
    _shot(page, "telephone")
