"""The dialect's errors (contract 2, "Partial Success / Partial Failure"; contract 4, section B): one table."""

from collections.abc import Iterable
from http import HTTPStatus

import orjson
import structlog
from django.http import HttpRequest, HttpResponse
from oauthlib.oauth2 import AccessDeniedError, InvalidRequestError, OAuth2Error, TemporarilyUnavailableError
from rest_framework.exceptions import APIException, MethodNotAllowed, Throttled

from customers.errors import DomainError, ErrorKind
from customers.transactions import RETRY_AFTER_SECONDS
from marketing_solutions.api.serializers.campaign import VERSIONS
from marketing_solutions.api.serializers.problem import ProblemOut, ProblemsOut
from marketing_solutions.errors import CHECK

log = structlog.get_logger(__name__)

# Kind → HTTP status, `type`, and the code in place of the core's own (None: the error's code).
STATUS_BY_KIND: dict[ErrorKind, tuple[int, str, str | None]] = {
    ErrorKind.NOT_FOUND: (404, "validation", None),
    ErrorKind.INVALID: (400, "validation", "invalid-attribute"),
    ErrorKind.MISSING: (400, "validation", "missing-attribute"),
    ErrorKind.UNKNOWN_ATTRIBUTE: (400, "validation", "unknown-attribute"),
    ErrorKind.CONFLICT: (422, "validation", None),
    ErrorKind.UNAVAILABLE: (400, "availability", None),
    ErrorKind.PERMISSION_DENIED: (403, "access-control", None),
    ErrorKind.UNAUTHENTICATED: (401, "authorization", None),
    ErrorKind.TOO_LARGE: (413, "validation", None),
    ErrorKind.TIMED_OUT: (408, "validation", None),
    ErrorKind.UNKNOWN_FORMAT: (415, "validation", None),
    ErrorKind.UNREADABLE: (400, "validation", None),
    ErrorKind.CLOSED: (422, "validation", None),
    ErrorKind.NO_COMMON_FORMAT: (406, "validation", None),
    ErrorKind.LIMIT_EXCEEDED: (429, "quota", None),
}
OAUTH = "/oauth2/"
DATA = "/data/attributes/"
# Where the core's attributes stand in the body of a create.
POINTERS = {
    "data": "/data",
    "attributes": "/data/attributes",
    "advertiser": f"{DATA}advertiserId",
    "type": f"{DATA}spendLimit/spendLimitType",
    "renewal": f"{DATA}spendLimit/spendLimitRenewal",
    "amount": f"{DATA}spendLimit/spendLimitAmount",
}


def problem(
    request: HttpRequest, *, kind: str, code: str, detail: str, instance: str = "", pointer: str = ""
) -> ProblemOut:
    """One error or warning; its `traceIdentifier` is the request's id in the log."""
    trace: str = request.id  # type: ignore[attr-defined]  # every request of ours has one
    found = ProblemOut(
        traceIdentifier=trace,
        type=kind,
        code=code,
        instance=instance or request.path,
        title=title_of(code),
        detail=detail,
    )
    if pointer:
        found["source"] = {"pointer": pointer}
    if not request.path_info.startswith("/marketing-solutions"):
        found["traceId"] = trace
    return found


def title_of(code: str) -> str:
    """`campaign--campaign-update-check--validation-failed-on-spend-limit` → `Validation failed on spend limit`."""
    return code.removeprefix(CHECK).replace("-", " ").capitalize()


def refusal(request: HttpRequest, status: int, problems: list[ProblemOut]) -> HttpResponse:
    """An answer with nothing but errors; their codes are logged."""
    codes = sorted({found["code"] for found in problems})
    log.info("request_refused", path=request.path, status=status, codes=codes)
    response = json_response(ProblemsOut(errors=problems, warnings=[]), status)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="marketing-solutions"'
    return response


def json_response(body: object, status: int = 200) -> HttpResponse:
    """An answer in JSON."""
    return HttpResponse(orjson.dumps(body), status=status, content_type="application/json")


def one_refusal(request: HttpRequest, status: int, kind: str, code: str, detail: str) -> HttpResponse:
    """An answer of one error."""
    return refusal(request, status, [problem(request, kind=kind, code=code, detail=detail)])


def domain_error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """What the domain said: one error for each attribute that it names, else one."""
    status, kind, code = STATUS_BY_KIND[error.kind]
    code = code or error.code.replace("_", "-")
    problems = [
        problem(request, kind=kind, code=code, detail=sentence, pointer=_pointer(name))
        for name, sentences in error.fields.items()
        for sentence in sentences
    ]
    response = refusal(request, status, problems or [problem(request, kind=kind, code=code, detail=error.message)])
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def _pointer(name: str) -> str:
    return name if name.startswith("/") else POINTERS.get(name, DATA + name)


def framework_error_response(request: HttpRequest, error: APIException) -> HttpResponse:
    """What the framework said before the view was reached."""
    if isinstance(error, Throttled):
        return one_refusal(
            request, 429, "quota", "rate-limit-exceeded", "The client has sent too many requests in this minute."
        )
    if isinstance(error, MethodNotAllowed):
        return one_refusal(request, 405, "validation", "method-not-allowed", "This method is not allowed here.")
    return one_refusal(request, error.status_code, "validation", "malformed-request", "The request can't be read.")


def oauth_error_response(error: OAuth2Error) -> HttpResponse:
    """RFC 6749, section 5.2."""
    log.info("token_refused", error=error.error, description=error.description)
    return token_response(error.json, error.status_code)


def token_response(body: str, status: int) -> HttpResponse:
    """An answer of the token endpoint, success or not; no cache may store it."""
    response = HttpResponse(body, status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Basic realm="oauth2", charset="UTF-8"'
    return response


def owns_path(path: str) -> bool:
    """Whether a path that no view answers belongs to this dialect."""
    head, _, rest = path.removeprefix("/").partition("/")
    if head in {"marketing-solutions", "oauth2"} or head in VERSIONS:
        return True
    return rest.partition("/")[0] == "marketing-solutions"


def unmatched_path_response(request: HttpRequest) -> HttpResponse:
    """The answer for a path of this dialect that no endpoint has."""
    return one_refusal(request, 404, "validation", "endpoint-not-found", "No such endpoint.")


def bad_request_response(request: HttpRequest) -> HttpResponse:
    """The answer for what breaks a rule of the framework itself."""
    return one_refusal(request, 400, "validation", "malformed-request", "The request can't be read.")


def foreign_page_response(_request: HttpRequest) -> HttpResponse:
    """The answer of the token endpoint for what a page of another origin has made a browser send (RFC 6749, 5.2)."""
    return oauth_error_response(AccessDeniedError("Pages of other origins may not call this.", status_code=403))


def fault_response(request: HttpRequest) -> HttpResponse:
    """The answer to an unexpected exception."""
    return one_refusal(request, 500, "unknown", "unexpected-fault", "An unexpected fault happened; it has been logged.")


def refused_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer for a body that is not let in; of the token endpoint in the shape of RFC 6749."""
    if request.path_info.startswith(OAUTH):
        return token_response(InvalidRequestError(error.message).json, STATUS_BY_KIND[error.kind][0])
    return domain_error_response(request, error)


def unavailable_response(request: HttpRequest) -> HttpResponse:
    """The answer where the database is away or overloaded (contract 5, section A)."""
    sentence = "The service is not available for a moment; try again."
    response = one_refusal(request, 503, "availability", "service-unavailable", sentence)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def token_unavailable_response() -> HttpResponse:
    """The same of the token endpoint, in the shape of RFC 6749."""
    error = TemporarilyUnavailableError("The service is not available for a moment; try again.")
    response = token_response(error.json, 503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def log_partial_refusal(codes: Iterable[str]) -> None:
    """Tell the log which entries of a PATCH failed; the line carries the id that their errors do."""
    log.info("updates_refused", codes=sorted(set(codes)))
