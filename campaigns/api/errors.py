"""The management dialect's errors (contract 4, section A): one table from kind to status and code."""

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException, MethodNotAllowed

from customers.errors import DomainError, ErrorKind
from customers.transactions import RETRY_AFTER_SECONDS

# Kind → HTTP status and code; None: the error's own code. Method errors travel with 200, as contract 1 says.
STATUS_BY_KIND: dict[ErrorKind, tuple[int, str | None]] = {
    ErrorKind.NOT_FOUND: (404, "not_found"),
    ErrorKind.INVALID: (200, "validation"),
    ErrorKind.CONFLICT: (200, "validation"),
    ErrorKind.MISSING: (200, "missing_data"),
    ErrorKind.UNKNOWN_ATTRIBUTE: (200, "argument_error"),
    ErrorKind.UNAVAILABLE: (200, "not_available"),
    ErrorKind.PERMISSION_DENIED: (200, "not_available"),
    ErrorKind.CLOSED: (200, None),
    ErrorKind.UNAUTHENTICATED: (401, None),
    ErrorKind.TOO_LARGE: (413, "too_large"),
    ErrorKind.TIMED_OUT: (408, "argument_error"),
    ErrorKind.UNKNOWN_FORMAT: (415, "argument_error"),
    ErrorKind.UNREADABLE: (400, "argument_error"),
    ErrorKind.NO_COMMON_FORMAT: (406, "argument_error"),
    ErrorKind.LIMIT_EXCEEDED: (429, None),
}
WITH_FIELDS = {"validation", "missing_data", "argument_error"}
CHALLENGE = 'Basic realm="management", charset="UTF-8"'


def error_response(status: int, code: str, message: str, fields: Mapping[str, list[str]] | None = None) -> HttpResponse:
    """`{"status": "error", "errors": {"code", "message", "fields"?}}`."""
    errors: dict[str, object] = {"code": code, "message": message}
    if fields and code in WITH_FIELDS:
        errors["fields"] = fields
    response = HttpResponse(
        orjson.dumps({"status": "error", "errors": errors}), status=status, content_type="application/json"
    )
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = CHALLENGE
    return response


def domain_error_response(error: DomainError) -> HttpResponse:
    """A domain error in this dialect."""
    status, code = STATUS_BY_KIND[error.kind]
    response = error_response(status, code or error.code, error.message, error.fields)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def code_of(error: DomainError) -> str:
    """The dialect's code of a domain error."""
    return STATUS_BY_KIND[error.kind][1] or error.code


def sentence_of(error: DomainError) -> str:
    """A domain error in one line, for answers without `fields`."""
    details = " ".join(f"{name}: {' '.join(sentences)}" for name, sentences in error.fields.items())
    return f"{error.message} {details}" if details else error.message


def framework_error_response(error: APIException) -> HttpResponse:
    """A framework's error in this dialect."""
    if isinstance(error, MethodNotAllowed):
        return error_response(405, "method_not_allowed", "This method is not allowed here.")
    return error_response(error.status_code, "argument_error", "The request can't be understood.")


def owns_path(path: str) -> bool:
    """Whether a path is below this dialect's prefix."""
    return path.startswith("/priv/")


def unmatched_path_response(_request: HttpRequest) -> HttpResponse:
    """The answer for a path below this dialect's prefix that no endpoint has."""
    return error_response(404, "not_found", "No such endpoint.")


def bad_request_response(_request: HttpRequest) -> HttpResponse:
    """The answer for a request that breaks a rule of the framework itself."""
    return error_response(400, "argument_error", "The request can't be understood.")


def foreign_page_response(_request: HttpRequest) -> HttpResponse:
    """The answer for a cross-origin request of a browser that adds credentials by itself."""
    return error_response(403, "access_denied", "Pages of other origins may not call this.")


def fault_response(_request: HttpRequest | None = None) -> HttpResponse:
    """The answer for an unexpected error."""
    return error_response(500, "internal_server_error", "An unexpected fault happened; it has been logged.")


def refused_response(_request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer for a body that is refused before it is parsed."""
    return domain_error_response(error)


def unavailable_response(_request: HttpRequest | None = None) -> HttpResponse:
    """The answer if the database is unavailable or overloaded (contract 5, section A)."""
    response = error_response(503, "service_unavailable", "The service is not available for a moment; try again.")
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
