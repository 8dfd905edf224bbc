"""Every address of the product; each dialect brings its own tree."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config.health import healthz, readyz

handler400 = "config.handlers.bad_request"
handler404 = "config.handlers.not_found"
handler500 = "config.handlers.fault"

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("priv/v1/apps/<str:api_key>/management/", include("campaigns.api.urls")),
    re_path(r"^(?:api|API)/", include("customers.api.urls")),
    re_path(r"^(?:api|API)/", include("traces.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
]
