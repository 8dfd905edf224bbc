"""Request objects that are accepted as they are; a test changes the one member it speaks of."""

from typing import Any

from tests.factories import unique

DATES = {"starts_at": "2021-12-31T05:00:00Z", "ends_at": "2022-01-04T05:00:00Z"}


def campaign(**changes: Any) -> dict[str, Any]:
    """The body of POST campaigns."""
    return {"campaign": {"name": unique("New campaign")} | DATES | changes}


def line_item(**changes: Any) -> dict[str, Any]:
    """The body of POST line_items."""
    return {"line_item": {"name": unique("New line item"), "status": "live"} | DATES | changes}


def creative_group(**changes: Any) -> dict[str, Any]:
    """The body of POST creative_groups."""
    return {"creative_group": {"name": unique("New group"), "status": "live"} | DATES | changes}


def message(**changes: Any) -> dict[str, Any]:
    """A scheduled message object."""
    return {"delivery_method": "scheduled", "scheduled_delivery_date": "2022-01-02T05:00:00+00:00"} | changes


def creative(ad_type: str = "issue_audience_csv", /, **changes: Any) -> dict[str, Any]:
    """The body of POST creatives; the message object stands under the `ad_type`."""
    types = {"ad_type": ad_type, "creative_type": "issue-audience-csv"}
    return {"creative": types | {"name": unique("New creative"), "status": "draft", ad_type: message()} | changes}


def goal(**changes: Any) -> dict[str, Any]:
    """One of a group's `goals`."""
    return {"achievement": {"name": unique("New goal"), "internal_event_name": "purchase", "data": {}} | changes}


def behavior(*goals: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body of PUT behaviors/:id: one group, of one goal where none is given."""
    groups = [{"goals": list(goals) or [goal()]}]
    return {"behavior": {"name": unique("New behavior"), "data": {}, "goal_groups": groups} | changes}


def behaviors(*several: dict[str, Any]) -> dict[str, Any]:
    """The body of POST behaviors/_batch."""
    return {"behaviors": [each["behavior"] for each in several or (behavior(),)]}


def offer(**changes: Any) -> dict[str, Any]:
    """The body of POST offers."""
    return {"offer": {"name": unique("New offer")} | changes}


def field(**changes: Any) -> dict[str, Any]:
    """The body of POST fields."""
    return {"field": {"name": unique("field").replace(" ", "-"), "type": "string"} | changes}


def destination(**changes: Any) -> dict[str, Any]:
    """The body of POST destinations."""
    settings, secrets = {"url": "https://hooks.example.org/a"}, {"signing_secret": "whsec_" + "A" * 32}
    known = {"name": unique("New hook"), "kind": "webhook", "settings": settings, "secrets": secrets}
    return {"destination": known | changes}


def template(**changes: Any) -> dict[str, Any]:
    """The body of POST templates."""
    return {"template": {"key": "template", "subject": "Hello", "text": "Hello {{ customer.external_id }}"} | changes}


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """The same body without these attributes."""
    return {
        wrapper: {name: value for name, value in attributes.items() if name not in names}
        for wrapper, attributes in body.items()
    }
