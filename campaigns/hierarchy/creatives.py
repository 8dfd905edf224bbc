"""Creatives: the message and how it is delivered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from campaigns.hierarchy.creative_groups import lock_group
from campaigns.hierarchy.levels import apply_changes, mark_deleted
from campaigns.models import Achievement, AdGroup, AdUnit, AudienceJob, Offer
from campaigns.models.ad_type import CREATIVE_TYPES, AdType, DeliveryMethod
from campaigns.models.errors import constraints_as_errors
from campaigns.models.level import Status
from campaigns.schedule.deliveries import deliveries_of
from campaigns.schedule.synchronise import make_jobs, synchronise_jobs
from customers.errors import Kind, Refusals, not_found
from customers.models import Application, Organization
from customers.organizations.organizations import raise_version
from customers.prepared import PreparedInsert, PreparedQuery


def units_of(*, organization: Organization, group: AdGroup) -> QuerySet[AdUnit]:
    """The living creatives of a group, newest first (there is at most one)."""
    return _living(organization.pk).filter(group=group)


def get_unit(*, organization: Organization, unit_id: int) -> AdUnit:
    """One living creative; DomainError `not_found` where the organization has none."""
    unit = _by_id.first(organization_id=organization.pk, unit_id=unit_id)
    if unit is None:
        raise not_found("Creative")
    return unit


def _living(organization_id: int) -> QuerySet[AdUnit]:
    return AdUnit.objects.filter(organization_id=organization_id, deleted_at__isnull=True).order_by("-id")


_by_id = PreparedQuery(
    lambda organization_id, unit_id: _living(organization_id).filter(id=unit_id),
    organization_id=int,
    unit_id=int,
)


_insert = PreparedInsert(AdUnit)


def create_unit(
    *, organization: Organization, application: Application, group_id: int, attributes: Mapping[str, Any]
) -> AdUnit:
    """Make the creative of a group; `application` is the calling one, the default of `application_id`.

    `attributes`: `name`, `status`, `ad_type`, `creative_type`, `delivery_method`, then what that needs
    (`scheduled_delivery_date` or `achievement_id`), and optionally the other columns of AdUnit.
    """
    unit = AdUnit(organization=organization, application=application)
    with constraints_as_errors(), transaction.atomic():
        group = lock_group(organization=organization, group_id=group_id)
        unit.group = group
        _change(unit, attributes)
        _insert.insert(unit)
        raise_version(organization=organization, changed={AdUnit: [unit.pk]})
        # A new creative has no jobs yet, and gets one only where it is live and has its time.
        if unit.status == Status.LIVE and unit.delivery_method == DeliveryMethod.SCHEDULED:
            make_jobs(organization=organization, level=unit)
    return unit


@transaction.atomic
def update_unit(*, organization: Organization, unit_id: int, changes: Mapping[str, Any]) -> AdUnit:
    """Change what is named in `changes` (the attributes of `create_unit`) and nothing else."""
    unit = lock_unit(organization=organization, unit_id=unit_id)
    left = [unit.achievement_id] if unit.achievement_id else []
    _change(unit, changes)
    unit.save()
    raise_version(organization=organization, changed={AdUnit: [unit.pk], Achievement: left})
    synchronise_jobs(organization=organization, level=unit, changes=changes)
    return unit


@transaction.atomic
def delete_unit(*, organization: Organization, unit_id: int, now: datetime) -> AdUnit:
    """Take a creative out of every read."""
    unit = lock_unit(organization=organization, unit_id=unit_id)
    mark_deleted(unit, now=now)
    raise_version(organization=organization, changed={AdUnit: [unit.pk]})
    synchronise_jobs(organization=organization, level=unit)
    return unit


def lock_unit(*, organization: Organization, unit_id: int) -> AdUnit:
    """The living creative, locked until the transaction ends; DomainError `not_found`."""
    unit = (
        AdUnit.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=unit_id, deleted_at__isnull=True)
        .first()
    )
    if unit is None:
        raise not_found("Creative")
    unit.organization = organization
    return unit


def _change(unit: AdUnit, changes: Mapping[str, Any]) -> None:
    """Apply changes and then the rules that join several attributes; DomainError names all that break one."""
    changes = dict(changes)
    refusals = Refusals()
    _resolve_references(unit, changes, refusals)
    apply_changes(unit, changes, refusals)
    if unit.creative_type not in CREATIVE_TYPES[AdType(unit.ad_type)]:
        refusals.refuse("creative_type", f"{unit.creative_type} is no creative_type of ad_type {unit.ad_type}.")
    _settle_delivery(unit, changes, refusals)
    refusals.raise_any()


def _resolve_references(unit: AdUnit, changes: dict[str, Any], refusals: Refusals) -> None:
    """Find the rows that ids in `changes` mean; what another organization owns is not found."""
    application_id = changes.pop("application_id", None)
    if application_id is not None and application_id != unit.application_id:
        application = Application.objects.filter(organization=unit.organization, id=application_id).first()
        if application is None:
            raise not_found("Application")
        unit.application = application
    if changes.get("achievement_id") is not None:
        in_campaign = Achievement.objects.filter(
            organization=unit.organization,
            id=changes["achievement_id"],
            composite__isnull=True,
            deleted_at__isnull=True,
            campaign__line_items__groups=unit.group_id,
        )
        if not in_campaign.exists():
            refusals.refuse("achievement_id", "The campaign has no such behavior.")
    guids = set(changes.get("offer_ids") or ())
    if guids:
        there = Offer.objects.filter(organization=unit.organization, guid__in=guids).values_list("guid", flat=True)
        for guid in sorted(guids.difference(there)):
            refusals.refuse("offer_ids", f"There is no offer {guid}.")


def _settle_delivery(unit: AdUnit, changes: Mapping[str, Any], refusals: Refusals) -> None:
    """A message is scheduled or triggered: what belongs to the other way is refused when sent, else forgotten."""
    ways = {DeliveryMethod.SCHEDULED: "scheduled_delivery_date", DeliveryMethod.TRIGGERED: "achievement_id"}
    needed = ways.pop(DeliveryMethod(unit.delivery_method))
    (other,) = ways.values()
    if getattr(unit, needed) is None:
        refusals.refuse(needed, "This attribute is required.", Kind.MISSING)
    if changes.get(other) is not None:
        refusals.refuse(other, f"A {unit.delivery_method} message has no {other}.")
    setattr(unit, other, None)


def get_delivery_of_unit(*, organization: Organization, unit_id: int) -> AudienceJob:
    """The newest delivery of a living creative; DomainError `not_found` where it has none."""
    unit = get_unit(organization=organization, unit_id=unit_id)
    job = deliveries_of(organization=organization).filter(unit=unit).first()
    if job is None:
        raise not_found("Delivery")
    return job
