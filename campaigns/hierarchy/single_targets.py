"""Single targets of a level, as operators edit them; dialects replace all targets of a level."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from campaigns.hierarchy.campaigns import lock_campaign
from campaigns.hierarchy.creative_groups import lock_group
from campaigns.models import AdTarget
from campaigns.models.level import Level
from campaigns.targeting import parse_targets
from customers.errors import DomainError, invalid
from customers.organizations.organizations import bump_version
from customers.schema.fields import hold_schema

FIRST = "targets[0]: "


@transaction.atomic
def save_target(*, target: AdTarget, changes: Mapping[str, object]) -> AdTarget:
    """Update `position`, `attribute`, `operator` or `values` of a target, or create it.

    It belongs to a bundle or a group, whose level is locked. DomainError `validation`.
    """
    level = lock_level(target=target)
    target.organization = level.organization
    for name, value in changes.items():
        setattr(target, name, value)
    wanted = {name: getattr(target, name) for name in ("attribute", "operator", "values")}
    try:
        (condition,) = parse_targets([wanted], hold_schema(organization=target.organization))
    except DomainError as error:
        sentences = [each.removeprefix(FIRST) for several in error.fields.values() for each in several]
        raise invalid(attribute=" ".join(sentences)) from error
    for name, value in condition.as_target().items():
        setattr(target, name, value)
    try:
        with transaction.atomic():
            target.save()
    except IntegrityError as error:
        raise invalid(position="Another target stands in this place.") from error
    bump_version(organization=target.organization, changed={type(level): [level.pk]})
    return target


@transaction.atomic
def delete_target(*, target: AdTarget) -> None:
    """Delete a target."""
    level = lock_level(target=target)
    AdTarget.objects.filter(pk=target.pk).delete()
    bump_version(organization=target.organization, changed={type(level): [level.pk]})


def lock_level(*, target: AdTarget) -> Level:
    """The campaign or group of a target, locked; DomainError `not_found`, `validation` if it has none."""
    if target.bundle is not None and target.creative_group is None:
        return lock_campaign(organization=target.bundle.organization, campaign_id=target.bundle.campaign_id)
    if target.creative_group is not None and target.bundle is None:
        return lock_group(organization=target.creative_group.organization, group_id=target.creative_group.pk)
    raise invalid(bundle="A target is a bundle's or a group's.")
