"""The demo's shop at /demo/, which stands for another company's site with the browser client. Served by the demo
only.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from customers.models import Application

# As `create_demo` makes them.
ORGANIZATION = "Acme Outfitters"
# The application of the pages, whose app-token anybody may read, and that of the organization's servers.
APPLICATION, SERVER_APPLICATION = "Acme shop", "Acme demo client"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The shop's front page: a hero banner and a carousel."""
    return _page(request, "demo/home.html", {"shown": "home"})


@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    """The page whose location has a popup."""
    return _page(request, "demo/offers.html", {"shown": "offers"})


@require_safe
def apply(request: HttpRequest) -> HttpResponse:
    """The target of the funnel's redirect: the company's own form, which reports the conversion."""
    system = {name.replace("-", "_"): request.GET.get(name, "") for name in ("tracking-token", "trail-id")}
    return _page(request, "demo/apply.html", {"shown": "apply", **system})


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    application = Application.objects.get(organization__name=ORGANIZATION, name=APPLICATION)
    # A real shop would take both from the session of the logged-in user; this one has no users.
    visitor = {name: request.GET.get(name, "") for name in ("customer", "customer_token")}
    shared = {"app_token": application.app_token, **visitor}
    response = render(request, template, {**shared, **context})
    response["Content-Security-Policy"] = POLICY
    return response


def page_location(name: str = "") -> str:
    """The location of a page of the shop, to which campaigns can be bound."""
    return f"{settings.BASE_URL}/demo/{name}"


demo_pages: list[URLPattern] = [
    path("demo/", home),
    path("demo/offers/", offers),
    path("demo/apply/", apply),
]
