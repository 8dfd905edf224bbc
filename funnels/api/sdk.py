"""GET /sdk/javascript/prisma.js: the browser client (contract 4, "sdk")."""

import hashlib
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe

# One script in three parts, which share one closure: what a page calls, what it shows, and the visits behind it.
FOLDER = Path(__file__).resolve().parent.parent / "static" / "funnels" / "prisma"
SOURCE = b"".join((FOLDER / part).read_bytes() for part in ("calls.js", "showing.js", "visits.js"))
ETAG = f'"{hashlib.sha256(SOURCE).hexdigest()[:32]}"'


def _etag(_request: HttpRequest) -> str:
    return ETAG


@require_safe
@condition(etag_func=_etag)
def prisma_js(_request: HttpRequest) -> HttpResponse:
    """The client's source; any page may load it, and asks again after five minutes."""
    response = HttpResponse(SOURCE, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"
    return response
