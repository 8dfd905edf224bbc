"""The demo's campaigns, each with its targets and its whole hierarchy."""

from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.hierarchy.campaigns import create_campaign
from campaigns.hierarchy.creative_groups import create_group
from campaigns.hierarchy.creatives import create_creative
from campaigns.hierarchy.line_items import create_line_item
from customers.models import Application, Organization

STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)
ENDS_AT = datetime(2035, 12, 31, tzinfo=UTC)
DELIVERY = STARTS_AT + timedelta(days=365)


def _target(attribute: str, operator: str, *values: object) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "values": list(values)}


# Name, status, category, targets of the campaign, and its groups: name, targets, type and subtype of the creative.
CAMPAIGNS: list[tuple[str, str, str, list[dict[str, Any]], list[tuple[str, list[dict[str, Any]], str, str]]]] = [
    (
        "Spring trail sale",
        "live",
        "Sales",
        [_target("state", "in", "CA", "WA"), _target("tag", "in", "hiker")],
        [
            ("Phones", [_target("platform", "in", "iOS", "Android")], "push_message", "messaging-platform-push"),
            ("Email", [], "email_message", "messaging-platform-email"),
        ],
    ),
    (
        "Gold members' preview",
        "live",
        "Loyalty",
        [_target("loyalty_tier", "in", "gold", "platinum")],
        [("File for the print shop", [], "issue_audience_csv", "issue-audience-csv")],
    ),
    (
        "Win them back",
        "paused",
        "Retention",
        [_target("tag", "in", "churn_risk"), _target("points", "gte", 1000)],
        [("Offer", [], "issue_bulk_offer", "issue-bulk-offer")],
    ),
    ("Summer catalogue", "draft", "Sales", [_target("birth_date", "lte", "2000-12-31")], []),
]


def create_campaigns(*, organization: Organization, application: Application) -> None:
    """Create the demo's campaigns through the functions that the dialects use."""
    for name, status, category, targets, groups in CAMPAIGNS:
        dated = {"status": status, "starts_at": STARTS_AT, "ends_at": ENDS_AT}
        campaign = create_campaign(
            organization=organization, attributes={"name": name, "category": category, "targets": targets, **dated}
        )
        line_item = create_line_item(
            organization=organization, campaign_id=campaign.pk, attributes={"name": f"{name}: messages", **dated}
        )
        for group_name, group_targets, ad_type, creative_type in groups:
            group = create_group(
                organization=organization,
                line_item_id=line_item.pk,
                attributes={"name": group_name, "targets": group_targets, **dated},
            )
            create_creative(
                organization=organization,
                application=application,
                group_id=group.pk,
                attributes={
                    "name": f"{name}: {group_name}",
                    "status": "draft",
                    "ad_type": ad_type,
                    "creative_type": creative_type,
                    "delivery_method": "scheduled",
                    "scheduled_delivery_date": DELIVERY,
                },
            )
