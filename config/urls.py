"""Every address of the product; each dialect has its own tree."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from campaigns.api.urls import user_campaign_patterns, user_patterns
from campaigns.api.views.unsubscribing import unsubscribe
from config.demo.shop import demo_pages
from config.documentation import docs, schema
from config.health import healthz, readyz
from config.health_paths import LIVENESS, READINESS
from funnels.api.views.browser_client import prisma_js
from marketing_solutions.api.urls import unknown_versions

handler400 = "config.handlers.bad_request"
handler403 = "config.handlers.forbidden"
handler404 = "config.handlers.not_found"
handler500 = "config.handlers.fault"

# Contract 3 writes `/api/` and `/API/`.
TRACE_DIALECT = [path("", include(f"{app}.api.urls")) for app in ("traces", "funnels")]

urlpatterns = [
    path(LIVENESS.removeprefix("/"), healthz),
    path(READINESS.removeprefix("/"), readyz),
    path("priv/v1/apps/<str:api_key>/management/", include("campaigns.api.urls")),
    path("priv/v1/apps/<str:api_key>/", include(user_patterns)),
    path("priv/v2/apps/<str:api_key>/", include(user_campaign_patterns)),
    path("api/", include(TRACE_DIALECT)),
    path("API/", include(TRACE_DIALECT)),
    path("", include("marketing_solutions.api.urls")),
    path("unsubscribe/<str:token>", unsubscribe),
    path("schema/", schema, name="schema"),
    path("docs/", docs, name="docs"),
    path("admin/", admin.site.urls),
    path("sdk/javascript/prisma.js", prisma_js),
    *(demo_pages if settings.DEMO else []),
    *unknown_versions,
]
