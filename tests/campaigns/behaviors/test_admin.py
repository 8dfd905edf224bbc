"""Behaviors and offers in the admin."""

import pytest
from django.test import Client

from campaigns.models import Achievement, Offer, Outcome
from customers.models import Organization
from tests.factories import (
    make_achievement,
    make_application,
    make_customer,
    make_goal,
    make_hierarchy,
    make_issued_offer,
    make_offer,
    make_organization,
)


def test_a_behavior_is_shown_with_goals_and_outcomes_and_soft_deleted(admin_client: Client) -> None:
    rows = make_hierarchy(make_application().application)
    behavior = make_achievement(rows.campaign, name="Buys boots")
    make_goal(behavior, name="A pair", internal_event_name="purchase")
    rows.creative.delivery_method, rows.creative.achievement = "triggered", behavior
    rows.creative.save()
    organization = rows.campaign.organization
    Outcome.objects.create(
        organization=organization, achievement=behavior, offer=make_offer(organization, name="Socks")
    )
    assert admin_client.get(f"/admin/campaigns/outcome/{Outcome.objects.get().pk}/delete/").status_code == 403
    listed = admin_client.get("/admin/campaigns/achievement/").content.decode()
    assert "Buys boots" in listed
    assert "A pair" not in listed
    page = f"/admin/campaigns/achievement/{behavior.pk}/"
    shown = admin_client.get(f"{page}change/").content.decode()
    assert all(text in shown for text in ("A pair", "purchase", "Socks"))
    for address in (page, f"/admin/campaigns/adcampaign/{rows.campaign.pk}/"):
        assert b"Yes, I" in admin_client.get(f"{address}delete/").content
    assert admin_client.post(f"{page}delete/", {"post": "yes"}).status_code == 302
    assert Achievement.objects.filter(deleted_at__isnull=True).count() == 0
    assert Achievement.objects.get(pk=behavior.pk).name.startswith("Buys boots[DELETED AT ")


@pytest.mark.parametrize("total_limit", ["", "3"])
def test_an_offer_is_made_and_changed(admin_client: Client, total_limit: str) -> None:
    organization = make_organization()
    version = organization.version
    form = {"organization": organization.pk, "guid": "g", "name": "Socks", "total_limit": total_limit}
    assert admin_client.post("/admin/campaigns/offer/add/", form).status_code == 302
    offer = Offer.objects.get()
    Offer.objects.update(issued_count=2)
    page = f"/admin/campaigns/offer/{offer.pk}/change/"
    assert admin_client.post(page, {"name": "Boots", "total_limit": total_limit, "points": 5}).status_code == 302
    offer.refresh_from_db()
    assert (offer.name, offer.guid, offer.points, offer.issued_count) == ("Boots", "g", 5, 2)
    assert Organization.objects.get(id=organization.pk).version == version + 2
    for wrong in ({"total_limit": 1}, {"points": -1}, {"points": 2**31}):
        assert admin_client.post(page, {"name": "Boots", **wrong}).status_code == 200


def test_rows_of_customers_are_read_only(admin_client: Client) -> None:
    issued = make_issued_offer(make_customer(make_organization()))
    assert b"issued" in admin_client.get("/admin/campaigns/issuedoffer/").content
    assert admin_client.post(f"/admin/campaigns/issuedoffer/{issued.pk}/change/", {}).status_code == 403
    for noun in ("completion", "pointsentry", "outcome"):
        assert admin_client.get(f"/admin/campaigns/{noun}/").status_code == 200
        assert admin_client.get(f"/admin/campaigns/{noun}/add/").status_code == (200 if noun == "pointsentry" else 403)
