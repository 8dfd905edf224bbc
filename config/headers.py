"""What every answer tells browsers that it may not be used for: pages, APIs, files and errors."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

# Answers of the APIs, files and errors: nothing runs in them.
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
# Pages of ours whose views set no policy themselves; Swagger UI writes styles into its elements.
POLICIES = (("/admin/", OWN.format(more="")), ("/docs/", OWN.format(more=" 'unsafe-inline'")))


def careful_answers(get_response: GetResponse) -> GetResponse:
    """Tell browsers what an answer may not be used for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return careful(get_response(request), request.path_info)

    return middleware


def careful(response: HttpResponse, path: str) -> HttpResponse:
    """The answer for a path, with what is to be said of all; what its view says itself stands."""
    headers = response.headers
    for prefix, policy in POLICIES:
        if path.startswith(prefix):
            headers.setdefault("Content-Security-Policy", policy)
    for name, value in ALWAYS.items():
        headers.setdefault(name, value)
    return response
