"""One view that answers constant bytes, the addresses around it, and the door before them that the product has."""

from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.door.application import Door
from customers.errors import DomainError

CONSTANT = b'{"status":"ok"}'


def constant(_request: HttpRequest) -> HttpResponse:
    """Answer as many bytes as the product's own /healthz."""
    return HttpResponse(CONSTANT, content_type="application/json")


class ErrorCollector:
    """Nothing that is measured is refused."""

    def body_limit(self, _path: str, /) -> int:
        """No body at all."""
        return 0

    def refused(self, _environ: dict[str, Any], error: DomainError, /) -> HttpResponse:
        """What would spoil the measurement."""
        return HttpResponse(error.message, status=400)

    def busy(self, _environ: dict[str, Any], /) -> HttpResponse:
        """The same."""
        return HttpResponse(status=503)

    def crashed(self, _environ: dict[str, Any], /) -> HttpResponse:
        """The same."""
        return HttpResponse(status=500)


urlpatterns = [path("constant", constant)]
application = Door(get_wsgi_application(), ErrorCollector(), threads=settings.WEB_THREADS)
