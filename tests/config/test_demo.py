"""`manage.py create_demo`: one application for servers, one for pages, each with what it needs."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from config.demo import credentials, people
from config.demo.shop import APPLICATION, SERVER_APPLICATION
from customers.models import Application
from funnels.models import Banner, BusinessEvent, EventBinding, Placeholder, Popup

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few_people(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(people, "COUNT", 3)


def _made() -> tuple[dict[str, str], Application, Application]:
    call_command("create_demo")
    applications = {application.name: application for application in Application.objects.all()}
    assert applications.keys() == {APPLICATION, SERVER_APPLICATION}
    return credentials.read(), applications[SERVER_APPLICATION], applications[APPLICATION]


def _shown(application: Application) -> list[Any]:
    placeholders = Placeholder.objects.filter(application=application)
    banners = Banner.objects.filter(placeholder__in=placeholders)
    return [
        sorted(placeholders.values_list("name", "width", "height", "maximum_banners")),
        sorted(banners.values_list("placeholder__name", "campaign__name", "link")),
        sorted(Popup.objects.filter(application=application).values_list("campaign__name", "page_location")),
        sorted(BusinessEvent.objects.filter(application=application).values_list("name", flat=True)),
        sorted(EventBinding.objects.filter(event__application=application).values_list("campaign__name", flat=True)),
    ]


def test_servers_and_pages_have_applications_of_their_own() -> None:
    told, server, shop = _made()
    assert (server.platforms, shop.platforms) == (["rest"], ["web"])
    assert (told["APP_TOKEN"], told["API_KEY"]) == (str(server.app_token), server.api_key)
    assert server.has_secret(told["API_SECRET"])
    assert told["IDENTITY_SECRET"] == server.identity_secret
    assert (told["WEB_APP_TOKEN"], told["WEB_IDENTITY_SECRET"]) == (str(shop.app_token), shop.identity_secret)
    assert all(_shown(shop))
    assert _shown(shop) == _shown(server)


def test_again_it_shows_the_same() -> None:
    assert _made()[0] == _made()[0]


def test_the_demo_of_a_former_version_gets_what_it_lacks() -> None:
    told, server, shop = _made()
    shown = _shown(shop)
    shop.delete()
    server.platforms, server.sealed_identity_secret = ["rest", "web"], ""
    server.save()
    again, server, shop = _made()
    assert (server.platforms, shop.platforms) == (["rest"], ["web"])
    assert (again["APP_TOKEN"], again["API_SECRET"]) == (told["APP_TOKEN"], told["API_SECRET"])
    assert (again["IDENTITY_SECRET"], again["WEB_APP_TOKEN"]) == (server.identity_secret, str(shop.app_token))
    assert again["IDENTITY_SECRET"] != told["IDENTITY_SECRET"]
    assert _shown(shop) == shown
