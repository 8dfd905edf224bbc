"""The addresses below `/api/campaigns/`; each with and without the trailing slash."""

from django.urls import URLPattern, re_path

from funnels.api.views.active_campaigns import Active
from funnels.api.views.business_events import BusinessEvents
from funnels.api.views.funnel_pages import FunnelPage
from funnels.api.views.funnel_steps import AdvanceFunnel
from funnels.api.views.pages import SyncPage

urlpatterns: list[URLPattern] = [
    re_path(r"^campaigns/active/?$", Active.as_view()),
    re_path(r"^campaigns/business-event/?$", BusinessEvents.as_view()),
    re_path(r"^campaigns/sync-page/?$", SyncPage.as_view()),
    re_path(r"^campaigns/advance-funnel/?$", AdvanceFunnel.as_view()),
    re_path(r"^campaigns/(?P<campaign_id>[0-9]{1,19}|[^/]{0,254}[^/0-9][^/]{0,254})/funnel/?$", FunnelPage.as_view()),
]
