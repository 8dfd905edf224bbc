"""Errors that no view answered, in the dialect of the path they happened on."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from campaigns.api import errors as management
from customers.prisma import errors as prisma

TRACE_PREFIXES = ("/api/", "/API/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if request.path_info.startswith("/priv/"):
        return management.unmatched_path_response()
    if request.path_info.startswith(TRACE_PREFIXES):
        return prisma.unmatched_path_response(request)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request breaks a rule of the framework itself (a host that is not ours, a suspicious path)."""
    if request.path_info.startswith("/priv/"):
        return management.error_response(400, "argument_error", "The request can't be understood.")
    if request.path_info.startswith(TRACE_PREFIXES):
        return prisma.bad_request_response(request)
    return defaults.bad_request(request, exception)


def fault(request: HttpRequest) -> HttpResponse:
    """500."""
    if request.path_info.startswith("/priv/"):
        return management.fault_response()
    if request.path_info.startswith(TRACE_PREFIXES):
        return prisma.fault_response(request)
    return defaults.server_error(request)
