"""Middleware of our own: every request gets an identity; requests of machines skip what only pages need."""

import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, get_resolver

GetResponse = Callable[[HttpRequest], HttpResponse]


def request_identity(get_response: GetResponse) -> GetResponse:
    """Give each request an id that stands in every log line it causes."""

    def middleware(request: HttpRequest) -> HttpResponse:
        identity = str(uuid.uuid4())
        request.id = identity  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=identity)
        return get_response(request)

    return middleware


def api_short_cut(get_response: GetResponse) -> GetResponse:
    """Call the view of an API path directly: sessions, CSRF and the like are for pages.

    What the resolver or the view raises is turned into the dialect's answer by `config.handlers`.
    """
    prefixes: tuple[str, ...] = settings.API_PREFIXES
    resolver = get_resolver()
    # Paths without parameters always mean the same view, and there are no more of them than the tree has.
    constant: dict[str, ResolverMatch] = {}

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(prefixes):
            return get_response(request)
        match = constant.get(path)
        if match is None:
            match = resolver.resolve(path)
            if not match.kwargs and not match.args:
                constant[path] = match
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        if not response.streaming:
            # Without its length the web server would send the body in chunks.
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    return middleware
