"""Checks of every request, pages and APIs alike: it stands before `config.middleware.api_short_cut`."""

from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.handlers import foreign_page
from config.health_paths import HEALTH_PATHS

GetResponse = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger(__name__)

# Paths with HTTP Basic, which a browser sends by itself once its user has typed it in.
BASIC = ("/priv/", "/oauth2/")
# A bound, because a pattern in ALLOWED_HOSTS (`.example.org`) matches any number of names.
MOST_HOSTS = 1_000
# Sec-Fetch-Site of a request that no other site has caused (W3C, Fetch Metadata).
OWN_PAGES = frozenset({"same-origin", "none"})


def own_requests(get_response: GetResponse) -> GetResponse:
    """Refuse requests for another host (400), and those with HTTP Basic from a page of another origin (403)."""
    # A cache, because Django's check of a host costs as much as all other middleware. Settings don't change.
    own_hosts: set[str] = set()

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        # Load balancers ask a machine by its address; no answer to them depends on the host.
        if path not in HEALTH_PATHS:
            host = request.META.get("HTTP_HOST", "")
            if host not in own_hosts:
                # Raises DisallowedHost, which `config.handlers` answers.
                request.get_host()
                if host and len(own_hosts) < MOST_HOSTS:
                    own_hosts.add(host)
            if path.startswith(BASIC) and is_from_elsewhere(request):
                log.warning("foreign_page_refused", path=path, origin=request.META.get("HTTP_ORIGIN", ""))
                return foreign_page(request)
        return get_response(request)

    return middleware


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Whether a browser says that a page of another origin has caused the request.

    Other clients send neither header. A browser's headers can be trusted here, because pages can't set them.
    """
    origin, site = request.META.get("HTTP_ORIGIN"), request.META.get("HTTP_SEC_FETCH_SITE", "none")
    if origin is None and site in OWN_PAGES:
        return False
    if origin in own_origins():
        return False
    if site not in OWN_PAGES:
        return True
    return origin is not None and _host_of(origin) != request.get_host().lower()


def own_origins() -> set[str]:
    """Our origins by the settings, whatever a proxy does to the Host header."""
    parts = urlsplit(settings.BASE_URL)
    return {f"{parts.scheme}://{parts.netloc}", *settings.CSRF_TRUSTED_ORIGINS}


def _host_of(origin: str) -> str:
    """The host and port of an origin; empty if it is none."""
    scheme, _, host = origin.partition("://")
    return host if scheme in {"http", "https"} else ""
