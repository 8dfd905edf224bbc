"""Errors that no view answered, in the dialect of the path they happened on."""

from typing import Protocol

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from campaigns.api import errors as management
from customers.prisma import errors as prisma
from marketing_solutions.api import errors as marketing_solutions


class Dialect(Protocol):
    """What a dialect's errors can do: say whether a path is theirs, and answer for it."""

    def speaks_this_dialect(self, path: str, /) -> bool:
        """Whether a path is of this dialect."""

    def unmatched_path_response(self, request: HttpRequest, /) -> HttpResponse:
        """404."""

    def bad_request_response(self, request: HttpRequest, /) -> HttpResponse:
        """400."""

    def fault_response(self, request: HttpRequest, /) -> HttpResponse:
        """500."""


DIALECTS: tuple[Dialect, ...] = (management, prisma, marketing_solutions)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    for dialect in DIALECTS:
        if dialect.speaks_this_dialect(request.path_info):
            return dialect.unmatched_path_response(request)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request breaks a rule of the framework itself (a host that is not ours, a suspicious path)."""
    for dialect in DIALECTS:
        if dialect.speaks_this_dialect(request.path_info):
            return dialect.bad_request_response(request)
    return defaults.bad_request(request, exception)


def fault(request: HttpRequest) -> HttpResponse:
    """500."""
    for dialect in DIALECTS:
        if dialect.speaks_this_dialect(request.path_info):
            return dialect.fault_response(request)
    return defaults.server_error(request)
