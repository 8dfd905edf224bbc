"""Why a customer is or isn't offered a campaign: the command, the admin's page, and records of decisions."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from campaigns.decisions.engine import Reason
from campaigns.decisions.explain import explain
from campaigns.models import DecisionRecord, Participation
from customers.models import Operator
from tests.channels import make_banner, make_live_campaign, make_placeholder
from tests.dialects.trace.caller import Caller, accepted
from tests.factories import make_customer, make_organization

pytestmark = pytest.mark.django_db
GOLD = {"attribute": "tag", "operator": "in", "values": ["gold"]}


def test_the_command_prints_the_reason() -> None:
    organization = make_organization()
    campaign = make_live_campaign(organization, GOLD, name="Gold card")
    make_customer(organization, external_id="1")
    told = StringIO()
    call_command("explain", customer="1", campaign=campaign.pk, stdout=told)
    assert told.getvalue() == "targeting: Gold card is not for this customer: a target isn't met.\n"
    told = StringIO()
    call_command("explain", "--customer=1", f"--campaign={campaign.pk}", "--at=2019-01-01T00:00:00+00:00", stdout=told)
    assert told.getvalue().startswith("outside_its_dates: ")
    right = {"customer": "1", "campaign": campaign.pk}
    long_ago = datetime(1, 1, 1, tzinfo=UTC)
    for wrong in ({"customer": "2"}, {"campaign": 0}, {"at": long_ago}, {"at": long_ago.replace(tzinfo=None)}):
        with pytest.raises(CommandError):
            call_command("explain", **right | wrong)


def test_an_explanation_ignores_what_happened_later() -> None:
    organization = make_organization()
    campaign, customer = make_live_campaign(organization), make_customer(organization)
    now = timezone.now()
    Participation.objects.create(
        organization=organization, customer=customer, campaign=campaign, dismissed_count=1, dismissed_at=now
    )
    reasons = [
        explain(organization=organization, customer=customer, campaign_id=campaign.pk, at=at).reason
        for at in (now - timedelta(minutes=1), now)
    ]
    assert reasons == [None, Reason.DISMISSED]


def test_decisions_are_logged_with_all_reasons_if_the_setting_says_so(settings: Any) -> None:
    caller = Caller.of()
    placeholder = make_placeholder(caller.application, name="hero")
    shown = make_banner(placeholder).campaign_id
    gold = make_banner(placeholder, make_live_campaign(caller.organization, GOLD)).campaign_id
    paused = make_banner(
        placeholder, make_live_campaign(caller.organization, starts_at="2089-01-01T00:00Z")
    ).campaign_id
    body = {"app-token": caller.token, "trail-id": caller.visit("1"), "placeholders": [{"placeholder": "hero"}]}
    settings.DECISION_LOG = "off"
    accepted(caller.post("campaigns/sync-page", body))
    assert not DecisionRecord.objects.exists()
    settings.DECISION_LOG = "all"
    accepted(caller.post("campaigns/sync-page", body))
    record = DecisionRecord.objects.get()
    assert (record.source, record.chosen) == ("sync-page", [shown])
    assert record.excluded == {str(gold): "targeting", str(paused): "outside_its_dates"}


def test_decisions_of_one_organization_are_logged_and_no_others(settings: Any) -> None:
    logged, other = Caller.of(), Caller.of()
    settings.DECISION_LOG, settings.DECISION_LOG_ALL_OF = "off", frozenset([logged.organization.pk])
    for caller in (logged, other):
        make_banner(make_placeholder(caller.application, name="hero"))
        body = {"app-token": caller.token, "trail-id": caller.visit("1")}
        accepted(caller.post("campaigns/sync-page", {**body, "placeholders": [{"placeholder": "hero"}]}))
        accepted(caller.post("campaigns/active", body))
    kept = DecisionRecord.objects.values_list("organization", "source")
    assert sorted(kept) == [(logged.organization.pk, "active"), (logged.organization.pk, "sync-page")]


def test_the_admin_explains(admin_client: Client) -> None:
    assert Operator.objects.count() == 1
    organization = make_organization()
    campaign = make_live_campaign(organization, GOLD, name="Gold card")
    make_customer(organization, external_id="1")
    page = f"/admin/campaigns/adcampaign/{campaign.pk}/"
    assert f"{page}explain/" in admin_client.get(f"{page}change/").content.decode()
    assert b"a target isn&#x27;t met" in admin_client.get(f"{page}explain/", {"customer": "1"}).content
    assert b"has no such customer" in admin_client.get(f"{page}explain/", {"customer": "2"}).content
    for at in ("0001-01-01", "0001-01-01 00:00", "9999-12-31 23:59", "1e9", "x"):
        for query in ({"customer": "1", "at": at}, {"at": at}):
            answer = admin_client.get(f"{page}explain/", query)
            assert answer.status_code == 200
            assert answer.context["form"].errors["at"], "beside the field"
    assert Client().get(f"{page}explain/").status_code == 302
