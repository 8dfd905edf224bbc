"""The class of requests that Django's handler creates."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Utf8Request(WSGIRequest):
    """A request whose query and form are UTF-8, whatever its Content-Type says.

    Django would decode them with any Python codec that a caller names: `rot13` is no text encoding and fails, and
    `punycode` takes quadratic time.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):
            # A parameter that names its own codec (`charset*=rot13''x`).
            self.content_type, self.content_params = "", {}
