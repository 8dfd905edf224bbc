"""The trace dialect's errors (contract 4, section C "status", "error body"): one table from kind to status."""

from collections.abc import Iterable, Mapping

from django.http import HttpRequest, HttpResponse

from customers.errors import DomainError, ErrorKind
from customers.transactions import RETRY_AFTER_SECONDS
from traces.wire.edn import Keyword
from traces.wire.negotiation import Format, negotiate_format, parse_content_type
from traces.wire.rendering import render

STATUS_BY_KIND: dict[ErrorKind, int] = {
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.UNAUTHENTICATED: 404,
    ErrorKind.PERMISSION_DENIED: 404,
    ErrorKind.INVALID: 400,
    ErrorKind.MISSING: 400,
    ErrorKind.UNKNOWN_ATTRIBUTE: 400,
    ErrorKind.UNREADABLE: 400,
    ErrorKind.CONFLICT: 400,
    ErrorKind.CLOSED: 400,
    ErrorKind.UNAVAILABLE: 400,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.TIMED_OUT: 408,
    ErrorKind.UNKNOWN_FORMAT: 415,
    ErrorKind.NO_COMMON_FORMAT: 406,
    ErrorKind.LIMIT_EXCEEDED: 429,
}


def error_format(request: HttpRequest) -> Format:
    """The format of an error: the negotiated one, or the best guess if negotiation itself failed."""
    try:
        request_format = parse_content_type(request.META.get("CONTENT_TYPE", ""))
    except DomainError:
        request_format = Format.EDN
    return negotiate_format(request.META.get("HTTP_ACCEPT", ""), request_format) or request_format


def error_response(request: HttpRequest, status: int, error: DomainError) -> HttpResponse:
    """`{:error {:code :trace-closed :message "…"}}`; the message also names every wrong attribute."""
    described = {"code": Keyword(error.code.replace("_", "-")), "message": _message(error)}
    return render({"error": described}, error_format(request), status=status)


def _message(error: DomainError) -> str:
    """The error's sentence, followed by each wrong field with its own."""
    details = [f"{name}: {' '.join(sentences)}" for name, sentences in error.fields.items()]
    return " ".join([error.message, *details])


def domain_error_response(
    request: HttpRequest, error: DomainError, statuses: Mapping[ErrorKind, int] = STATUS_BY_KIND
) -> HttpResponse:
    """A DomainError in this dialect's shape."""
    response = error_response(request, statuses[error.kind], error)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def method_not_allowed_response(request: HttpRequest, methods: Iterable[str]) -> HttpResponse:
    """The answer for a method that an endpoint doesn't have."""
    refused = DomainError(ErrorKind.UNREADABLE, "method_not_allowed", "This method is not allowed here.")
    response = error_response(request, 405, refused)
    response["Allow"] = ", ".join(method.upper() for method in methods)
    return response


def owns_path(path: str) -> bool:
    """Whether a path belongs to this dialect."""
    return path.startswith(("/api/", "/API/"))


def unmatched_path_response(request: HttpRequest) -> HttpResponse:
    """The answer for a path of this dialect that no endpoint has."""
    return error_response(request, 404, DomainError(ErrorKind.NOT_FOUND, "not_found", "No such endpoint."))


def bad_request_response(request: HttpRequest) -> HttpResponse:
    """400 for a request that the framework refused."""
    refused = DomainError(ErrorKind.UNREADABLE, "bad_request", "The request can't be understood.")
    return error_response(request, 400, refused)


def fault_response(request: HttpRequest) -> HttpResponse:
    """500 for an unexpected error."""
    fault = DomainError(ErrorKind.UNREADABLE, "internal_error", "An unexpected fault happened; it has been logged.")
    return error_response(request, 500, fault)


def refused_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer for a refused body."""
    return domain_error_response(request, error)


def unavailable_response(request: HttpRequest) -> HttpResponse:
    """503: the database can't be reached or is overloaded (contract 5, section A)."""
    away = DomainError(ErrorKind.UNAVAILABLE, "unavailable", "The service is not available for a moment; try again.")
    response = error_response(request, 503, away)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
