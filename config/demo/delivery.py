"""The demo's scheduled message: due a minute after the demo is made, so that its file appears by itself."""

from datetime import datetime, timedelta

from campaigns.hierarchy.campaigns import create_campaign
from campaigns.hierarchy.creative_groups import create_group
from campaigns.hierarchy.creatives import create_creative
from campaigns.hierarchy.line_items import create_line_item
from campaigns.models import Destination
from customers.models import Application, Organization

NAME = "A letter to our best"
AHEAD = timedelta(minutes=1)
TARGETS = [{"attribute": "loyalty_tier", "operator": "in", "values": ["gold", "platinum"]}]

MESSAGE = {
    "status": "live",
    "ad_type": "issue_audience_csv",
    "creative_type": "issue-audience-csv",
    "delivery_method": "scheduled",
}


def schedule_delivery(*, organization: Organization, application: Application, now: datetime) -> None:
    """Make a live campaign whose one message goes to a file."""
    Destination.objects.create(
        organization=organization,
        name="Audience files",
        kind="file",
        attributes=["first_name", "last_name", "email", "loyalty_tier"],
    )
    dated = {"status": "live", "starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=3650)}
    campaign = create_campaign(
        organization=organization, attributes={"name": NAME, "category": "Loyalty", "targets": TARGETS, **dated}
    )
    line_item = create_line_item(
        organization=organization, campaign_id=campaign.pk, attributes={"name": f"{NAME}: messages", **dated}
    )
    group = create_group(
        organization=organization, line_item_id=line_item.pk, attributes={"name": "File for the print shop", **dated}
    )
    message = {"name": f"{NAME}: file", "scheduled_delivery_date": now + AHEAD, **MESSAGE}
    create_creative(organization=organization, application=application, group_id=group.pk, attributes=message)
