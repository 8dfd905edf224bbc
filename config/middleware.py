"""Our own middleware: every request gets an id, and API requests skip what only pages need."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from itertools import chain
from typing import Any

import structlog
from django.conf import settings
from django.contrib.messages.storage import default_storage
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import ResolverMatch, get_resolver

from config.health_paths import READINESS
from customers.bounds import Work, begin
from customers.transactions import repeated

# What a visitor's page waits for, and the readiness check.
HOT_PREFIXES = ("/api/", "/API/", READINESS)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
UTF_8 = frozenset({"utf-8", "utf8"})
GetResponse = Callable[[HttpRequest], HttpResponse]


def request_identity(get_response: GetResponse) -> GetResponse:
    """Give each request an id, which is in all its log lines."""

    def middleware(request: HttpRequest) -> HttpResponse:
        identity = str(uuid.uuid4())
        request.id = identity  # type: ignore[attr-defined]  # every request of ours has one
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=identity)
        return get_response(request)

    return middleware


def api_short_cut(get_response: GetResponse) -> GetResponse:
    """Call the view of an API path directly, because sessions, CSRF and the like are for pages; declare the kind of
    work.

    `config.handlers` turns exceptions of the resolver or the view into the dialect's answers.
    """
    prefixes, resolver = settings.API_PREFIXES, get_resolver()
    # A cache of paths without parameters, which always resolve to the same view; their number is bounded.
    constant: dict[str, ResolverMatch] = {}

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(prefixes):
            begin(Work.ADMIN)
            return get_response(request)
        begin(Work.HOT if path.startswith(HOT_PREFIXES) else Work.API)
        _parse_query(request)
        match = constant.get(path)
        if match is None:
            match = resolver.resolve(path)
            if not match.kwargs and not match.args:
                constant[path] = match
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        if not response.streaming:
            # Without a length the web server would send the body in chunks.
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    return middleware


def _parse_query(request: HttpRequest) -> None:
    """Parse it early, so that an unreadable one (with too many parameters) gets the dialect's 400."""
    if request.META.get("QUERY_STRING"):
        _ = request.GET


def storable_texts(get_response: GetResponse) -> GetResponse:
    """Refuse queries and cookies of pages with characters that PostgreSQL can't store, before anything is looked up.

    These are NUL and lone surrogates, which only other encodings than UTF-8 can contain. Forms check their own fields.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if (request.content_params or {}).get("charset", "utf-8").lower() not in UTF_8:
            return HttpResponseBadRequest("The request is not in UTF-8.")
        asked = (text for name, values in request.GET.lists() for text in (name, *values))
        if any("\x00" in text for text in chain(asked, request.COOKIES.values())):
            return HttpResponseBadRequest("The character NUL can't be kept.")
        return get_response(request)

    return middleware


class RepeatedPages:
    """Repeats a page's view if PostgreSQL rolls it back; a POST of the admin is one transaction.

    (An action may call a service for each chosen row.) It stands last, so that only the view is repeated. A template
    response is rendered after the transaction, and only reads.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> Any:
        """Call the view."""
        match = request.resolver_match
        is_admin_post = match is not None and match.app_name == "admin" and request.method not in SAFE

        def attempt() -> Any:
            # Drop the messages of an attempt that was rolled back.
            request._messages = default_storage(request)  # type: ignore[attr-defined]  # noqa: SLF001 - as Django's own
            with transaction.atomic() if is_admin_post else nullcontext():
                return view(request, *args, **kwargs)

        return repeated(attempt)
