"""Saving what an application shows: placeholders, banners, popups, business events and their bindings.

Every write raises the organization's version in its own transaction, so that the next decision sees it.
"""

import re
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from campaigns.models import AdCampaign, AdGroup
from customers.errors import DomainError, ErrorKind, invalid
from customers.organizations.organizations import Changed, bump_version
from customers.schema.fields import hold_schema
from funnels.models import Banner, BusinessEvent, EventBinding, Placeholder, Popup
from funnels.placements.banner_html import clean_html
from funnels.placements.event_filters import check_filter

PlacementObject = Placeholder | Banner | Popup | BusinessEvent | EventBinding
Row = TypeVar("Row", Placeholder, Banner, Popup, BusinessEvent, EventBinding)
# One slash and then none: neither another server nor a scheme.
SERVER_RELATIVE = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f]*")


def save_placeholder(*, placeholder: Placeholder) -> Placeholder:
    """Save a placeholder of an application; DomainError `validation`."""
    placeholder.organization = placeholder.application.organization
    return _save(placeholder)


def save_banner(*, banner: Banner) -> Banner:
    """Save a banner; its HTML is sanitised first. DomainError `validation`."""
    banner.organization = banner.placeholder.organization
    _check_campaign(banner, banner.campaign, banner.group)
    if banner.link and not SERVER_RELATIVE.fullmatch(banner.link):
        raise invalid(link="A path on this server is expected, such as /media/offer.png.")
    banner.html_content = clean_html(banner.html_content)
    return _save(banner)


def save_popup(*, popup: Popup) -> Popup:
    """Save a popup of an application; DomainError `validation`."""
    popup.organization = popup.application.organization
    _check_campaign(popup, popup.campaign, popup.group)
    return _save(popup)


def save_business_event(*, event: BusinessEvent) -> BusinessEvent:
    """Save a business event of an application; DomainError `validation`."""
    event.organization = event.application.organization
    return _save(event)


@transaction.atomic
def save_event_binding(*, binding: EventBinding) -> EventBinding:
    """Bind a business event to a campaign, with its filter; DomainError `validation` names every wrong target."""
    binding.organization = binding.event.organization
    _check_campaign(binding, binding.campaign, None)
    binding.filter = check_filter(binding.filter or [], hold_schema(organization=binding.organization))
    return _save(binding)


@transaction.atomic
def delete_placement_object(*, row: PlacementObject) -> None:
    """Delete a row and the rows that refer to it."""
    changed = _changed(row, _lock_current_campaigns(row))
    row.delete()
    bump_version(organization=row.organization, changed=changed)


@transaction.atomic
def _save(row: Row) -> Row:
    try:
        row.full_clean()
    except ValidationError as error:
        fields = {"non_field_errors" if name == "__all__" else name: sentences for name, sentences in _named(error)}
        raise DomainError(ErrorKind.INVALID, "validation", "Validation error.", fields=fields) from error
    left = _lock_current_campaigns(row)
    row.save()
    bump_version(organization=row.organization, changed=_changed(row, left))
    return row


def _changed(row: PlacementObject, left: list[int]) -> Changed:
    """The rows that `bump_version` names: the row's campaign and the campaign it was moved from, or the row itself."""
    if isinstance(row, Placeholder | BusinessEvent):
        return {type(row): [row.pk]}
    return {AdCampaign: {row.campaign_id, *left}}


def _lock_current_campaigns(row: PlacementObject) -> list[int]:
    """Lock the row; the id of its campaign in the database (none for a new row), which a save may change."""
    if row.pk is None or isinstance(row, Placeholder | BusinessEvent):
        return []
    current: QuerySet[Any] = type(row).objects.select_for_update(no_key=True).filter(pk=row.pk)
    return list(current.values_list("campaign_id", flat=True))


def _named(error: ValidationError) -> list[tuple[str, list[str]]]:
    return [(name, [str(sentence) for sentence in sentences]) for name, sentences in error.message_dict.items()]


def _check_campaign(row: PlacementObject, campaign: AdCampaign, group: AdGroup | None) -> None:
    """The campaign is the organization's own, and the group the campaign's."""
    if campaign.organization_id != row.organization_id:
        raise invalid(campaign="The organization has no such campaign.")
    if group is not None and group.line_item.campaign_id != campaign.pk:
        raise invalid(group="The campaign has no such creative group.")
