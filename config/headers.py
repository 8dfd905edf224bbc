"""Security headers of every answer: pages, APIs, files and errors."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

# For APIs, files and errors: a browser may load and run nothing.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Content-Security-Policy": NOTHING,
}
OWN = (
    "default-src 'none'; script-src 'self'; style-src 'self'{more}; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
# Pages whose views set no policy themselves; Swagger UI uses inline styles.
POLICIES = (("/admin/", OWN.format(more="")), ("/docs/", OWN.format(more=" 'unsafe-inline'")))


def security_headers(get_response: GetResponse) -> GetResponse:
    """Add the security headers."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return add_security_headers(get_response(request), request.path_info)

    return middleware


def add_security_headers(response: HttpResponse, path: str) -> HttpResponse:
    """The response with the security headers of its path, unless its view has set them."""
    headers = response.headers
    for prefix, policy in POLICIES:
        if path.startswith(prefix):
            headers.setdefault("Content-Security-Policy", policy)
    for name, value in ALWAYS.items():
        headers.setdefault(name, value)
    return response
