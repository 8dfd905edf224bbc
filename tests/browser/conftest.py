"""One server with the demo and one browser for all tests; each test is a new person with a browser of their own."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from config.postgresql import embedded
from tests.config.served import Served

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MILLISECONDS = 30_000
# A new database, five thousand customers, and whatever else this machine is doing.
DEMO_PATIENCE_SECONDS = 180.0


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Where Chromium is; without it a developer's run skips these tests, CI's run fails."""
    if not CHROMIUM.exists():
        reason = f"no Chromium at {CHROMIUM} (apt-get install chromium, or CHROMIUM=<path>)"
        if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
            pytest.fail(reason)
        pytest.skip(reason)
    return CHROMIUM


@pytest.fixture(scope="package")
def shop(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:  # noqa: ARG001 (no browser, no shop)
    """The whole product with its demo, on a database of its own."""
    data_directory = tmp_path_factory.mktemp("shop") / "data"
    data_directory.mkdir()
    served = Served(data_directory, "--demo", WEB_WORKERS="1", WORKER_CONCURRENCY="1")
    try:
        served.wait_until_serving(DEMO_PATIENCE_SECONDS)
        yield served
    finally:
        served.kill_everything()


@pytest.fixture
def database(shop: Served) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection to the shop's database."""
    # Line 5 of the file is the folder of the server's socket; a share of the server itself is not for us to take.
    socket = (shop.data_directory / "postgresql" / "postmaster.pid").read_text().splitlines()[4]
    with closing(psycopg.connect(embedded.url(socket), autocommit=True)) as connection:
        yield connection


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """The browser. While it is there an event loop runs, in which Django refuses to speak to a database."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium), args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, shop: Served) -> Iterator[Page]:
    """A page of a person nobody knows yet; anything that runs where it must not fails the test."""
    context = browser.new_context(base_url=f"http://127.0.0.1:{shop.port}", viewport={"width": 1200, "height": 860})
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("dialog", lambda dialog: wrong.append(f"a dialog: {dialog.message}"))
    opened.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    yield opened
    context.close()
    assert not wrong
