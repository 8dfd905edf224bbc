"""Versions that there are not (contract 4, section B "paths")."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from marketing_solutions.api.errors import one_refusal
from marketing_solutions.api.serializers.campaign import VERSIONS


@csrf_exempt
def unknown_version(request: HttpRequest, version: str) -> HttpResponse:
    """410, for any method and path."""
    known = ", ".join(sorted(VERSIONS))
    detail = f"There is no version {version[:40]} of this API; there are {known}."
    return one_refusal(request, 410, "deprecation", "unknown-api-version", detail)
