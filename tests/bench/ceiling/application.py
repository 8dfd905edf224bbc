"""One view that answers constant bytes, and the WSGI application and the addresses around it."""

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

CONSTANT = b'{"status":"ok"}'


def constant(_request: HttpRequest) -> HttpResponse:
    """Answer as many bytes as the product's own /healthz."""
    return HttpResponse(CONSTANT, content_type="application/json")


urlpatterns = [path("constant", constant)]
application = get_wsgi_application()
