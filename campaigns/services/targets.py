"""Targets are replaced as a whole: a reader sees the old set or the new one, never a mixture."""

from campaigns.models import AdBundle, AdGroup, AdTarget
from campaigns.targeting import parse_targets
from customers.models import Organization
from customers.queries.schemas import get_field_types


def replace_targets(
    *, organization: Organization, owner: AdBundle | AdGroup, targets: object
) -> list[dict[str, object]]:
    """Check targets against the customer schema and make them those of a bundle or a group; returns them as kept.

    DomainError names each target that is refused, by its index.
    """
    conditions = parse_targets(targets, get_field_types(organization=organization))
    kept = [condition.as_target() for condition in conditions]
    link = {"bundle": owner} if isinstance(owner, AdBundle) else {"group": owner}
    AdTarget.objects.filter(**link).delete()
    AdTarget.objects.bulk_create(
        AdTarget(organization=organization, position=position, **link, **target) for position, target in enumerate(kept)
    )
    return kept
