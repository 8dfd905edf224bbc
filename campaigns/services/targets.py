"""Targets are replaced as a whole: a reader sees the old set or the new one, never a mixture."""

from collections.abc import Sequence

from campaigns.models import AdBundle, AdGroup, AdTarget
from campaigns.targeting import Condition, parse_targets
from customers.errors import Refusals
from customers.models import Organization
from customers.queries.schemas import hold_schema


def read_targets(*, organization: Organization, targets: object, refusals: Refusals) -> Sequence[Condition]:
    """Check targets against the customer schema; each one that is refused is gathered by its index. None is none."""
    if targets is None:
        return ()
    with refusals.gathering():
        return parse_targets(targets, hold_schema(organization=organization))
    return ()


def replace_targets(*, owner: AdBundle | AdGroup, conditions: Sequence[Condition]) -> None:
    """Make these the targets of a bundle or a group."""
    link = {"bundle": owner} if isinstance(owner, AdBundle) else {"group": owner}
    AdTarget.objects.filter(**link).delete()
    AdTarget.objects.bulk_create(
        AdTarget(organization_id=owner.organization_id, position=position, **link, **condition.as_target())
        for position, condition in enumerate(conditions)
    )
