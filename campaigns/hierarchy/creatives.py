"""Creatives: the message and how it is delivered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from campaigns.hierarchy.creative_groups import lock_group
from campaigns.hierarchy.levels import apply_changes, mark_deleted
from campaigns.models import Achievement, AdGroup, AdUnit, Delivery, Offer
from campaigns.models.ad_type import CREATIVE_TYPES, AdType, DeliveryMethod
from campaigns.models.errors import constraints_as_errors
from campaigns.models.level import Status
from campaigns.schedule.deliveries import deliveries_of
from campaigns.schedule.synchronise import make_deliveries, synchronise_deliveries
from customers.errors import ErrorCollector, ErrorKind, not_found
from customers.models import Application, Organization
from customers.organizations.organizations import bump_version
from customers.prepared import PreparedInsert, PreparedQuery


def creatives_of(*, organization: Organization, group: AdGroup) -> QuerySet[AdUnit]:
    """The creatives of a group that aren't deleted, newest first (there is at most one)."""
    return _living(organization.pk).filter(creative_group=group)


def get_creative(*, organization: Organization, creative_id: int) -> AdUnit:
    """One creative; DomainError `not_found` if the organization has none, or it is deleted."""
    creative = _by_id.first(organization_id=organization.pk, creative_id=creative_id)
    if creative is None:
        raise not_found("Creative")
    return creative


def _living(organization_id: int) -> QuerySet[AdUnit]:
    return AdUnit.objects.filter(organization_id=organization_id, deleted_at__isnull=True).order_by("-id")


_by_id = PreparedQuery(
    lambda organization_id, creative_id: _living(organization_id).filter(id=creative_id),
    organization_id=int,
    creative_id=int,
)


_insert = PreparedInsert(AdUnit)


def create_creative(
    *, organization: Organization, application: Application, group_id: int, attributes: Mapping[str, object]
) -> AdUnit:
    """Create the creative of a group; `application` is the calling one, the default of `application_id`.

    `attributes`: `name`, `status`, `ad_type`, `creative_type`, `delivery_method`, then what that needs
    (`scheduled_delivery_date` or `achievement_id`), and optionally the other columns of AdUnit.
    """
    creative = AdUnit(organization=organization, application=application)
    with constraints_as_errors(), transaction.atomic():
        group = lock_group(organization=organization, group_id=group_id)
        creative.creative_group = group
        _change(creative, attributes)
        _insert.insert(creative)
        bump_version(organization=organization, changed={AdUnit: [creative.pk]})
        # A new creative has no deliveries yet, and gets one only where it is live and has its time.
        if creative.status == Status.LIVE and creative.delivery_method == DeliveryMethod.SCHEDULED:
            make_deliveries(organization=organization, level=creative)
    return creative


@transaction.atomic
def update_creative(*, organization: Organization, creative_id: int, changes: Mapping[str, object]) -> AdUnit:
    """Update the attributes in `changes` (those of `create_creative`)."""
    creative = lock_creative(organization=organization, creative_id=creative_id)
    left = [creative.achievement_id] if creative.achievement_id else []
    _change(creative, changes)
    creative.save()
    bump_version(organization=organization, changed={AdUnit: [creative.pk], Achievement: left})
    synchronise_deliveries(organization=organization, level=creative, changes=changes)
    return creative


@transaction.atomic
def delete_creative(*, organization: Organization, creative_id: int, now: datetime) -> AdUnit:
    """Soft-delete a creative."""
    creative = lock_creative(organization=organization, creative_id=creative_id)
    mark_deleted(creative, now=now)
    bump_version(organization=organization, changed={AdUnit: [creative.pk]})
    synchronise_deliveries(organization=organization, level=creative)
    return creative


def lock_creative(*, organization: Organization, creative_id: int) -> AdUnit:
    """The creative, locked until the transaction ends; DomainError `not_found` if it is deleted."""
    creative = (
        AdUnit.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=creative_id, deleted_at__isnull=True)
        .first()
    )
    if creative is None:
        raise not_found("Creative")
    creative.organization = organization
    return creative


def _change(creative: AdUnit, changes: Mapping[str, object]) -> None:
    """Apply changes, then check the rules about several attributes; DomainError has all errors."""
    changes = dict(changes)
    errors = ErrorCollector()
    _resolve_references(creative, changes, errors)
    apply_changes(creative, changes, errors)
    if creative.creative_type not in CREATIVE_TYPES[AdType(creative.ad_type)]:
        errors.add("creative_type", f"{creative.creative_type} is no creative_type of ad_type {creative.ad_type}.")
    _settle_delivery(creative, changes, errors)
    errors.raise_if_any()


def _resolve_references(creative: AdUnit, changes: dict[str, Any], errors: ErrorCollector) -> None:
    """Look up the rows whose ids are in `changes`; those of another organization are not found."""
    application_id = changes.pop("application_id", None)
    if application_id is not None and application_id != creative.application_id:
        application = Application.objects.filter(organization=creative.organization, id=application_id).first()
        if application is None:
            raise not_found("Application")
        creative.application = application
    if changes.get("achievement_id") is not None:
        in_campaign = Achievement.objects.filter(
            organization=creative.organization,
            id=changes["achievement_id"],
            composite__isnull=True,
            deleted_at__isnull=True,
            campaign__line_items__groups=creative.creative_group_id,
        )
        if not in_campaign.exists():
            errors.add("achievement_id", "The campaign has no such behavior.")
    guids = set(changes.get("offer_ids") or ())
    if guids:
        there = Offer.objects.filter(organization=creative.organization, guid__in=guids).values_list("guid", flat=True)
        for guid in sorted(guids.difference(there)):
            errors.add("offer_ids", f"There is no offer {guid}.")


def _settle_delivery(creative: AdUnit, changes: Mapping[str, object], errors: ErrorCollector) -> None:
    """A message is scheduled or triggered: an attribute of the other kind is an error if it is sent, else cleared."""
    ways = {DeliveryMethod.SCHEDULED: "scheduled_delivery_date", DeliveryMethod.TRIGGERED: "achievement_id"}
    needed = ways.pop(DeliveryMethod(creative.delivery_method))
    (other,) = ways.values()
    if getattr(creative, needed) is None:
        errors.add(needed, "This attribute is required.", ErrorKind.MISSING)
    if changes.get(other) is not None:
        errors.add(other, f"A {creative.delivery_method} message has no {other}.")
    setattr(creative, other, None)


def get_delivery_of_creative(*, organization: Organization, creative_id: int) -> Delivery:
    """The newest delivery of a creative; DomainError `not_found` if it has none."""
    creative = get_creative(organization=organization, creative_id=creative_id)
    delivery = deliveries_of(organization=organization).filter(creative=creative).first()
    if delivery is None:
        raise not_found("Delivery")
    return delivery
