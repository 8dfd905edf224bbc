"""Contract 3's samples about campaigns and business events: sent as they stand, answered with the described members.

Corrected there: the JSON of Business Events lacks a comma; Active Campaigns has EDN only, the JSON says the same. The
contract tells the members of the answers one by one, and contract 4 those of active.
"""

from pathlib import Path
from typing import Any

import pytest

from campaigns.models import AdCampaign, Interaction
from tests.channels import FUNNEL, make_banner, make_event, make_live_campaign, make_placeholder, make_popup
from tests.dialects.trace.caller import MEDIA_TYPES, Caller, Form, decoded
from tests.factories import make_application, make_customer, make_field, make_trail
from traces.models import Trace, Trail

GOLDEN = Path(__file__).parent / "golden_campaigns"
APP_TOKEN = "D17C100F-0668-400A-AF91-967FE1A09A9E"
SAMPLE_ID = "882252f3-fe70-4402-9195-639d8037f339"


def send(caller: Caller, name: str, form: Form, status: int) -> Any:
    """Send a sample to its endpoint in the contract's spelling of the path; the answer's members."""
    raw = (GOLDEN / name / f"request.{form}").read_bytes()
    headers = {"Accept": MEDIA_TYPES[form]}
    path = f"/API/campaigns/{name}"
    answer = caller.client.generic("POST", path, raw, content_type=MEDIA_TYPES[form], headers=headers)
    assert answer.status_code == status, answer.content
    return decoded(answer)


@pytest.fixture
def caller(db: None, settings: Any) -> Caller:  # noqa: ARG001 (the database)
    """The application of the samples about pages, with their visit of their customer."""
    settings.DECISION_LOG = "off"
    caller = Caller(make_application(app_token=APP_TOKEN).application)
    trail = make_trail(make_customer(caller.organization, external_id="5114932"), caller.application)
    Trail.objects.filter(pk=trail.pk).update(uuid=SAMPLE_ID)
    return caller


def test_sync_page_is_answered_as_in_the_sample(caller: Caller, form: Form) -> None:
    banner = make_banner(make_placeholder(caller.application, name="id-placeholder1"))
    popup = make_popup(caller.application, page_location="http://my.domain/page")
    make_placeholder(caller.application, name="id-placeholder2")
    answer = send(caller, "sync-page", form, 200)
    tokens = {one.campaign_id: str(one.token) for one in Interaction.objects.all()}
    shown = {"campaign": popup.campaign_id, "tracking-token": tokens[popup.campaign_id], "show-close": True}
    assert answer["popup"] == {**shown, "funnel": FUNNEL}
    assert answer["customer-id"] == "5114932"
    # A placeholder without banners is absent.
    (place,) = answer["placeholders"]
    (detail,) = place.pop("banners-list")
    assert detail == {
        "banner": {
            "width": 800,
            "height": 600,
            "campaign": banner.campaign_id,
            "tracking-token": tokens[banner.campaign_id],
            "link": "/media/banner.png",
        },
        "funnel": FUNNEL,
    }
    assert place == {
        "customer-id": "5114932",
        "index": 0,
        "is-popup": False,
        "popup-timeout": 0,
        "popup-show-close": True,
        "transition-time": 5000,
        "width": 800,
        "height": 600,
    }


def test_active_is_answered_as_in_the_sample(caller: Caller, form: Form) -> None:
    campaign = make_live_campaign(caller.organization, category="Sales", group_name="Cars")
    make_live_campaign(caller.organization, category="Sales")
    (shown,) = send(caller, "active", form, 200)["campaigns"]
    assert shown.keys() == {"campaign", "name", "category", "group", "starts-at", "ends-at", "tracking-token"}
    assert (shown["campaign"], shown["category"], shown["group"]) == (campaign.pk, "Sales", "Cars")


def test_a_business_event_is_answered_as_in_the_sample(db: None, form: Form, settings: Any) -> None:  # noqa: ARG001 (the database)
    settings.DECISION_LOG = "off"
    caller = Caller(make_application(app_token=SAMPLE_ID, platforms=["rest"]).application)
    make_field(caller.organization, "email", "string", unique=True)
    jane = make_customer(caller.organization, external_id="jane", attributes={"email": "jane.doe@example.com"})
    make_event(
        caller.application, make_live_campaign(caller.organization, name="Welcome"), name="newsletter-registration"
    )
    answer = send(caller, "business-event", form, 202)
    # Beside the sample's members: what it takes to enter the funnel at once (contract 5, section A).
    assert (answer.pop("campaign-id"), answer.pop("trail-id")) == (
        AdCampaign.objects.get().pk,
        str(Trail.objects.get().uuid),
    )
    assert answer == {
        "campaign": "Welcome",
        "trace-id": str(Trace.objects.get(customer=jane).uuid),
        "tracking-token": str(Interaction.objects.get(customer=jane).token),
        "customer-id": "jane",
    }
