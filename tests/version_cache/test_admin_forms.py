"""What operators save and delete in the admin is seen by the next request, as what comes over the APIs is."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client, RequestFactory

from campaigns.models import AdCampaign, AdGroup, AdLineItem, AdTarget, AdUnit, Offer, SpendLimit
from campaigns.models.ad_type import DeliveryMethod
from customers.models import CustomerField, Operator
from funnels.funnels.definitions import save_funnel
from funnels.models import Banner, BusinessEvent, EventBinding, Funnel, Placeholder, Popup
from tests.channels import ENDS_AT, STARTS_AT, make_banner, make_event, make_live_campaign, make_placeholder, make_popup
from tests.factories import (
    make_achievement,
    make_application,
    make_creative,
    make_field,
    make_goal,
    make_group,
    make_line_item,
    make_offer,
)
from tests.version_cache.exact import assert_exact, keep

pytestmark = pytest.mark.django_db
DATES = {"starts_at": STARTS_AT, "ends_at": ENDS_AT, "status": "live"}
# What decisions are made from, and what an operator changes of it.
CHANGES: dict[type[models.Model], dict[str, str]] = {
    AdCampaign: {"priority": "9"},
    AdLineItem: {"status": "paused"},
    AdGroup: {"status": "paused"},
    AdUnit: {"status": "paused"},
    AdTarget: {"values": '["silver"]'},
    Placeholder: {"width": "99"},
    Banner: {"weight": "7"},
    Popup: {"page_location": "*/changed"},
    BusinessEvent: {"name": "changed"},
    EventBinding: {"filter": '[{"attribute": "tier", "operator": "in", "values": ["gold"]}]'},
    Funnel: {"style": "p { color: red }"},
    SpendLimit: {"type": "uncapped", "renewal": "undefined", "amount": ""},
    Offer: {"name": "Changed"},
    CustomerField: {"required": "on"},
}
# No definition is compiled from these.
NO_DEFINITIONS = {
    "Application",
    "Delivery",
    "Recipient",
    "Customer",
    "CustomerAlias",
    "Destination",
    "FunnelEntry",
    "Group",
    "MessageTemplate",
    "Operator",
    "Organization",
    "PointsEntry",
    "PushToken",
    "SpendEntry",
    "Portfolio",
    "Advertiser",
    "AdvertiserCampaign",
    "PortfolioAdvertiser",
    "OAuthClient",
}


class Fields(HTMLParser):
    """What a browser would send of the form of a page, as it stands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.inside = False
        self.area = self.select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Note what a field begins with."""
        found = dict(attrs)
        name, value = found.get("name") or "", found.get("value") or ""
        if tag == "form":
            self.inside = (found.get("id") or "").endswith("_form")
        elif not self.inside or "disabled" in found:
            return
        elif tag == "input" and name and found.get("type") not in {"submit", "button", "file"}:
            if found.get("type") not in {"checkbox", "radio"} or "checked" in found:
                self.sent[name] = value or ("on" if found.get("type") == "checkbox" else "")
        elif tag == "textarea":
            self.area, self.sent[name] = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in found:
            self.sent[self.select] = value

    def handle_data(self, data: str) -> None:
        """A text area's text; its first line feed is not part of it."""
        if self.area:
            self.sent[self.area] += data.removeprefix("\r\n").removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        """The end of a text area or a form."""
        if tag == "textarea":
            self.area = ""
        if tag == "form":
            self.inside = False


@pytest.fixture
def rows() -> dict[type[models.Model], Any]:
    """A row of everything in one organization, of which all is kept."""
    application = make_application().application
    organization = application.organization
    campaign = make_live_campaign(organization, {"attribute": "tier", "operator": "in", "values": ["gold"]})
    item = make_line_item(campaign, **DATES)
    group = make_group(item, **DATES)
    behavior = make_achievement(campaign)
    make_goal(behavior)
    kind = {"ad_type": "push_message", "creative_type": "messaging-platform-push", "achievement": behavior}
    triggered = {"delivery_method": DeliveryMethod.TRIGGERED, "scheduled_delivery_date": None, "status": "live"}
    placeholder, event = make_placeholder(application), make_event(application, campaign)
    made: list[Any] = [
        make_field(organization, "tier", "string"),
        campaign,
        item,
        group,
        make_creative(group, application, **kind, **triggered),
        AdTarget.objects.get(bundle__campaign=campaign),
        placeholder,
        make_banner(placeholder, campaign, group=group),
        make_popup(application, campaign, page_location="*"),
        event,
        EventBinding.objects.get(event=event),
        save_funnel(
            organization=organization,
            campaign_id=campaign.pk,
            steps=[{"name": "only", "type": "message", "title": "T", "message": "M"}],
        ),
        SpendLimit.objects.create(
            organization=organization, campaign=campaign, type="capped", renewal="daily", amount=5
        ),
        make_offer(organization),
    ]
    keep(organization)
    return {type(row): row for row in made}


@pytest.mark.parametrize("model", CHANGES, ids=lambda model: str(model.__name__))
def test_what_a_form_saves_is_seen_by_decisions(
    admin_client: Client, rows: dict[type[models.Model], Any], model: Any
) -> None:
    organization, row = rows[AdCampaign].organization, rows[model]
    page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{row.pk}"
    sent = Fields(admin_client.get(f"{page}/change/").content.decode()).sent
    answer: Any = admin_client.post(f"{page}/change/", sent | CHANGES[model])
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    changed = model.objects.get(pk=row.pk)
    assert any(getattr(changed, name) != getattr(row, name) for name in CHANGES[model])
    keep(organization)
    assert_exact(organization)
    if model_admin(model).has_delete_permission(as_superuser()) and model is not CustomerField:
        assert admin_client.post(f"{page}/delete/", {"post": "yes"}).status_code == 302
        keep(organization)
        assert_exact(organization)


def test_every_admin_page_that_saves_is_tried_or_touches_no_definition() -> None:
    request = as_superuser()
    saving = {
        one.model
        for one in admin.site._registry.values()
        if one.has_change_permission(request) or one.has_add_permission(request)
    }
    assert saving - CHANGES.keys() == {model for model in saving if model.__name__ in NO_DEFINITIONS}
    assert saving >= CHANGES.keys()


def model_admin(model: Any) -> Any:
    """Its pages."""
    return admin.site._registry[model]


def as_superuser() -> Any:
    """A request of somebody who may do anything."""
    request = RequestFactory().get("/")
    request.user = Operator(is_superuser=True, is_active=True)
    return request
