"""GET /sdk/javascript/prisma.js: the browser client (contract 4, "sdk")."""

import hashlib
import re
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe

FOLDER = Path(__file__).resolve().parents[2] / "static" / "funnels" / "prisma"
# Each imports only from those before it.
MODULES = ("state", "styles", "visits", "popups", "banners", "client")
IMPORT = re.compile(r'^(?:import \{[^}]*\} from "\./\w+\.mjs";|/\*\* @typedef \{import\(.*)\n', re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)
USAGE = """\
// The browser client of the trace dialect: visits, banners, popups and funnels. No dependencies.
//
//   <div data-prisma-placeholder="home-hero"></div>
//   <script src="https://campaigns.example/sdk/javascript/prisma.js"></script>
//   prisma.load("campaigns.example", 443, "<app-token>", "<customer-id or empty>", [], "https");
"""


def _script() -> bytes:
    """The modules in one closure, as a classic script that pages of any age can load; their names are distinct."""
    modules = [(FOLDER / f"{name}.mjs").read_text() for name in MODULES]
    body = "\n".join(EXPORT.sub("", IMPORT.sub("", module)) for module in modules)
    script = f'"use strict";\n\nconst prisma = (() => {{\n{body}\nreturn prisma;\n}})();\n\nwindow.prisma = prisma;\n'
    return f"{USAGE}{script}".encode()


SOURCE = _script()
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
