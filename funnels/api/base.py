"""The base of pages that customers see: strict headers, and errors as pages."""

import secrets
from collections.abc import Mapping

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from customers.errors import DomainError
from customers.transactions import RETRY_AFTER_SECONDS, is_unavailable, log_unavailable, repeating
from traces.wire.errors import STATUS_BY_KIND

SENTENCES = {
    "trace_closed": "You have already answered this offer. Thank you!",
    "tracking_token_used": "You have already answered this offer. Thank you!",
    "frequency_cap": "You have taken part in this as often as you can. Thank you!",
    "unknown_step": "This step was answered before. Please go back and reload the page.",
}
AWAY = "We can't be reached for a moment. Please reload the page in a few seconds."
UNKNOWN = "This offer can't be found. Please go back and open it again."


class CustomerPage(View):
    """A page that runs nothing but our own script, from anywhere but the allowed frames."""

    http_method_names = ["get", "post", "head"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """The page; errors are pages as well, and what PostgreSQL rolls back is retried."""
        try:
            response = repeating(super().dispatch)(request, *args, **kwargs)
        except DomainError as error:
            sentence = SENTENCES.get(error.code, UNKNOWN)
            context = {"heading": "Sorry" if sentence == UNKNOWN else "All done", "sentence": sentence}
            response = self.page("funnels/note.html", context, status=STATUS_BY_KIND[error.kind])
            if error.retry_after is not None:
                response["Retry-After"] = str(error.retry_after)
        except Error as error:
            if not is_unavailable(error):
                raise
            log_unavailable(error, request.path)
            response = self.page("funnels/note.html", {"heading": "Sorry", "sentence": AWAY}, status=503)
            response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        if not isinstance(response, HttpResponse):
            raise TypeError("a page is a plain response")
        return response

    def page(
        self,
        template: str,
        context: Mapping[str, object],
        *,
        status: int = 200,
        frames: list[str] | None = None,
        form_target: str = "",
    ) -> HttpResponse:
        """A page whose style element alone carries the nonce; `frames` are the origins that may show it in a frame."""
        nonce = secrets.token_urlsafe(16)
        response = render(self.request, template, {**context, "nonce": nonce}, status=status)
        policy = {
            "default-src": "'none'",
            "style-src": f"'self' 'nonce-{nonce}'",
            "script-src": "'self'",
            "img-src": "'self' https: data:",
            "form-action": f"'self' {form_target}".strip(),
            "frame-ancestors": " ".join(["'self'", *filter(_is_origin, frames or [])]),
            "base-uri": "'none'",
        }
        response["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
        response["Cache-Control"] = "no-store"
        # The address holds the tokens of the visit, which linked pages must not learn.
        response["Referrer-Policy"] = "no-referrer"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _is_origin(text: str) -> bool:
    """Whether a text can stand in a policy without changing the rest of it."""
    return text.isascii() and text.startswith(("http://", "https://")) and not set(text) & set(" ;,'\"\t\r\n")
