"""Answers for browsers on other origins (contract 4, section C "CORS")."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

from customers.applications.origins import is_allowed_origin

# What a page may send, and for how many seconds a browser may cache that.
HEADERS = "Accept, Content-Type"
MAXIMUM_AGE = "600"


def add_cors_headers(
    response: HttpResponse, origin: str, *, named: UUID | None, methods: Sequence[str]
) -> HttpResponse:
    """Let the page of an origin read the response if the application whose app-token is `named` allows the origin.

    If the request names no application, any that allows the origin will do. `methods` are for a preflight. Credentials
    are not allowed: callers authenticate by tokens in the body.
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
