"""The addresses of customers and visits, below `/api/`; each with and without the trailing slash."""

from django.urls import re_path

from traces.api.views.customers import Customers, Subscriptions
from traces.api.views.traces import Actions, Traces, Trails

urlpatterns = [
    re_path(r"^customers/?$", Customers.as_view()),
    re_path(r"^customers/subscribe/?$", Subscriptions.as_view()),
    re_path(r"^traces/trace/?$", Traces.as_view()),
    re_path(r"^traces/(?P<trace_id>[^/]+)/trail/?$", Trails.as_view()),
    re_path(r"^traces/trail/(?P<trail_id>[^/]+)/action/?$", Actions.as_view()),
]
