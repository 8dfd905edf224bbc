"""Default destinations and templates, as messages need them."""

from campaigns.models import Destination, MessageTemplate


def find_default_destination(*, organization_id: int, kind: str) -> Destination | None:
    """The organization's default destination of a kind."""
    return Destination.objects.filter(organization_id=organization_id, kind=kind, is_default=True).first()


def kinds_with_default(*, organization_id: int) -> list[str]:
    """The kinds of which the organization has a default destination."""
    return list(
        Destination.objects.filter(organization_id=organization_id, is_default=True).values_list("kind", flat=True)
    )


def find_template(*, organization_id: int, key: str) -> MessageTemplate | None:
    """The organization's template with a key."""
    return MessageTemplate.objects.filter(organization_id=organization_id, key=key).first()
