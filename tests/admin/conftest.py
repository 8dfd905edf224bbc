"""What the walks through all pages have in common."""

from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.test import client

STORE = "store_rendered_templates"


@pytest.fixture(autouse=True)
def _context_of_the_page_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer keeps the context of its page, and no copy for each of the hundred pieces that the page includes."""
    store = getattr(client, STORE)

    def store_the_first(kept: dict[str, Any], *arguments: Any, **options: Any) -> None:
        if not kept.get("templates"):
            store(kept, *arguments, **options)

    monkeypatch.setattr(client, STORE, store_the_first)


@pytest.fixture
def plain_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without the list of all pages beside them, which costs more than the rest of a page.

    It depends on nothing that a page is sent. The walks that only open pages (`test_every_page`) have it.
    """
    monkeypatch.setattr(AdminSite, "enable_nav_sidebar", False)
    monkeypatch.setattr(AdminSite, "get_app_list", lambda *_arguments: [])
