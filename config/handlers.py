"""Error responses for requests that no view answered, in the dialect of their path.

The door (`config.door`) uses them too, for requests that it refuses.
"""

import sys
import uuid
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.html import escape
from django.views import defaults

from campaigns.api import errors as management
from config.headers import add_security_headers
from config.utf8_request import Utf8Request
from customers.errors import DomainError, ErrorKind
from customers.transactions import RETRY_AFTER_SECONDS, is_unavailable, log_unavailable
from marketing_solutions.api import errors as marketing_solutions
from marketing_solutions.api.bodies import MAXIMUM_BODY
from traces.wire import errors as trace


class Dialect(Protocol):
    """The interface of a dialect's module of errors."""

    def owns_path(self, path: str, /) -> bool:
        """Whether a path belongs to this dialect."""

    def unmatched_path_response(self, request: HttpRequest, /) -> HttpResponse:
        """404."""

    def bad_request_response(self, request: HttpRequest, /) -> HttpResponse:
        """400."""

    def fault_response(self, request: HttpRequest, /) -> HttpResponse:
        """500."""

    def unavailable_response(self, request: HttpRequest, /) -> HttpResponse:
        """503 with Retry-After."""

    def refused_response(self, request: HttpRequest, error: DomainError, /) -> HttpResponse:
        """The answer for a refused body: 408, 413 or 415."""


log = structlog.get_logger(__name__)

# How much of a reason is logged, because parts of it come from the caller.
LONGEST_REASON = 200
# The statuses of pages whose bodies are refused.
STATUS_OF_REFUSED_PAGE = {ErrorKind.TIMED_OUT: 408, ErrorKind.TOO_LARGE: 413, ErrorKind.UNKNOWN_FORMAT: 415}
REFUSED_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Not accepted</title></head>
<body><h1>Not accepted</h1><p>{sentence}</p></body></html>
"""
UNAVAILABLE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Not available for a moment</title></head>
<body><h1>Not available for a moment</h1><p>Nothing was changed. Please try again in a few seconds.</p></body>
</html>
"""

DIALECTS: tuple[Dialect, ...] = (management, trace, marketing_solutions)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    for dialect in DIALECTS:
        if dialect.owns_path(request.path_info):
            return dialect.unmatched_path_response(request)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: Django refused the request (a foreign host, a suspicious path)."""
    log.info("request_refused", path=request.path, reason=str(exception)[:LONGEST_REASON])
    for dialect in DIALECTS:
        if dialect.owns_path(request.path_info):
            return dialect.bad_request_response(request)
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a page that an operator may not open; no error of ours, so Django shall not log it."""
    user = getattr(request, "user", None)
    log.info("request_forbidden", path=request.path, operator=user.get_username() if user else "")
    response = defaults.permission_denied(request, exception)
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - Django's own mark
    return response


def foreign_page(request: HttpRequest) -> HttpResponse:
    """403: a page of another origin made a browser send this (`config.guards`)."""
    if management.owns_path(request.path_info):
        return management.foreign_page_response(request)
    return marketing_solutions.foreign_page_response(request)


def fault(request: HttpRequest) -> HttpResponse:
    """500, or 503 if the database is unavailable; Django calls this while it handles the exception."""
    error = sys.exc_info()[1]
    if is_unavailable(error):
        log_unavailable(error, request.path)
        return _unavailable(request)
    for dialect in DIALECTS:
        if dialect.owns_path(request.path_info):
            return dialect.fault_response(request)
    return defaults.server_error(request)


def _unavailable(request: HttpRequest) -> HttpResponse:
    """503, which is already logged, so Django shall not log it again."""
    for dialect in DIALECTS:
        if dialect.owns_path(request.path_info):
            response = dialect.unavailable_response(request)
            break
    else:
        response = HttpResponse(UNAVAILABLE, status=503)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - Django's own mark
    return response


def body_limit(path: str) -> int:
    """How many bytes the body of a request to this path may have."""
    return MAXIMUM_BODY if marketing_solutions.owns_path(path) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def refused(environ: dict[str, Any], error: DomainError) -> HttpResponse:
    """408, 413 or 415 for a refused body."""
    request = _unseen(environ)
    for dialect in DIALECTS:
        if dialect.owns_path(request.path_info):
            return add_security_headers(dialect.refused_response(request, error), request.path_info)
    page = HttpResponse(REFUSED_PAGE.format(sentence=escape(error.message)), status=STATUS_OF_REFUSED_PAGE[error.kind])
    return add_security_headers(page, request.path_info)


def busy(environ: dict[str, Any]) -> HttpResponse:
    """503: too many requests wait for a thread."""
    request = _unseen(environ)
    return add_security_headers(_unavailable(request), request.path_info)


def crashed(environ: dict[str, Any]) -> HttpResponse:
    """500: not even Django could answer."""
    request = _unseen(environ)
    return add_security_headers(fault(request), request.path_info)


def _unseen(environ: dict[str, Any]) -> HttpRequest:
    """A request that no middleware has seen, with the id that the middleware would have given it."""
    request = Utf8Request(environ)
    request.id = str(uuid.uuid4())  # type: ignore[attr-defined]  # every request of ours has one
    return request
