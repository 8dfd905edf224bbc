"""The addresses of visits, below `/api/traces/`; each with and without the trailing slash."""

from django.urls import re_path

from traces.api.views import Actions, Traces, Trails

urlpatterns = [
    re_path(r"^traces/trace/?$", Traces.as_view()),
    re_path(r"^traces/(?P<trace_id>[^/]+)/trail/?$", Trails.as_view()),
    re_path(r"^traces/trail/(?P<trail_id>[^/]+)/action/?$", Actions.as_view()),
]
