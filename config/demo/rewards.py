"""The demo's offer, and the behaviors that its customers earn it by."""

from typing import Any

from campaigns.behaviors.definitions import create_behaviors
from campaigns.models import AdCampaign
from campaigns.offers.definitions import create_offer
from customers.models import Organization

DAY = 86_400
OFFER = {"guid": "514dafae-14ab-4104-b4da-3b2ad08f10d5", "name": "Ten dollars off boots", "limit_per_customer": 2}


def _goal(name: str, event: str, count: int, *, period: int, **more: object) -> dict[str, Any]:
    data = {"period": period, "min_time_between_events_count": 1, "consecutive": False}
    return {"achievement": {"name": name, "internal_event_name": event, "event_count": count, "data": data, **more}}


# By campaign.
BEHAVIORS: dict[str, list[dict[str, Any]]] = {
    "Gold members' preview": [
        {
            "name": "Three purchases in ninety days",
            "tags": "regular",
            "points": 100,
            "data": {"max_times_achievable_per_year": 2},
            "goal_groups": [{"goals": [_goal("Purchases", "purchase", 3, period=90 * DAY)]}],
            "outcome_config": [{"deal": {"id": OFFER["guid"]}}],
        },
    ],
    "Spring trail sale": [
        {
            "name": "A weekend on the trail",
            "tags": "weekender\nhiker",
            "data": {"period": 2 * DAY, "max_times_achievable": 1, "use_same_period": True},
            "goal_groups": [
                {
                    "goals": [
                        _goal("A walk", "trail_walk", 1, period=2 * DAY, event_filters={"days": ["sat", "sun"]}),
                        _goal("A photo", "photo_shared", 1, period=2 * DAY),
                    ]
                }
            ],
        },
    ],
}


def create_rewards(*, organization: Organization) -> None:
    """Create the offer, and the behaviors of existing campaigns."""
    create_offer(organization=organization, attributes=OFFER)
    for name, behaviors in BEHAVIORS.items():
        campaign = AdCampaign.objects.get(organization=organization, name=name)
        create_behaviors(organization=organization, campaign_id=campaign.pk, behaviors=behaviors)
