"""Answers for browsers on other origins (contract 4, section C "CORS")."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

from customers.applications.origins import is_allowed_origin

# What a page may send, and for how many seconds a browser may keep that in mind.
HEADERS = "Accept, Content-Type"
MAXIMUM_AGE = "600"


def shared(response: HttpResponse, origin: str, *, named: UUID | None, methods: Sequence[str]) -> HttpResponse:
    """The answer, readable by the page of an origin that the application allows whose app-token is `named`.

    Where the request names none any application will do. `methods` are told to a preflight. No cookies are taken: who
    calls is known by tokens in the body.
    """
    patch_vary_headers(response, ["Origin"])
    if not is_allowed_origin(origin, named=named):
        return response
    response["Access-Control-Allow-Origin"] = origin
    if methods:
        response["Access-Control-Allow-Methods"] = ", ".join(method.upper() for method in methods)
        response["Access-Control-Allow-Headers"] = HEADERS
        response["Access-Control-Max-Age"] = MAXIMUM_AGE
    return response
