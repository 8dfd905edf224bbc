"""`/schema/` and `/docs/`: the API's description, generated once and then served from memory."""

import hashlib
import os
import threading
from functools import cache
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView

RENDERERS = {kind.format: kind for kind in (OpenApiYamlRenderer, OpenApiJsonRenderer)}
# The first is that of whoever takes anything.
FORMATS = {
    OpenApiYamlRenderer.media_type: "yaml",
    "application/yaml": "yaml",
    OpenApiJsonRenderer.media_type: "json",
    "application/json": "json",
}
_building = threading.Lock()
log = structlog.get_logger(__name__)


@cache
def _rendered(kind: str) -> tuple[bytes, str]:
    """The document and its ETag, which can't change while the process runs."""
    generator: Any = SchemaGenerator
    document = generator().get_schema(request=None, public=True)
    body: bytes = RENDERERS[kind]().render(document, RENDERERS[kind].media_type, {})
    log.info("schema_built", format=kind, process=os.getpid())
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _document(request: HttpRequest) -> tuple[bytes, str]:
    # Requests that come while it is built wait for it.
    with _building:
        return _rendered(_format(request))


def _format(request: HttpRequest) -> str:
    """The format of `?format=`, or else of the Accept header; YAML by default."""
    asked = request.GET.get("format", "")
    if asked in RENDERERS:
        return asked
    return FORMATS.get(request.get_preferred_type(list(FORMATS)) or "", "yaml")


def _etag(request: HttpRequest) -> str:
    return _document(request)[1]


@require_safe
@condition(etag_func=_etag)
def schema(request: HttpRequest) -> HttpResponse:
    """The description of every endpoint (OpenAPI 3), in YAML or JSON."""
    kind = _format(request)
    response = HttpResponse(_document(request)[0], content_type=RENDERERS[kind].media_type)
    response["Content-Disposition"] = f'inline; filename="schema.{kind}"'
    response["Cache-Control"] = "no-cache"
    response["Vary"] = "Accept"
    return response


docs = require_safe(SpectacularSwaggerSplitView.as_view(url_name="schema"))
