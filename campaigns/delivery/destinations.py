"""Destinations: checked when they are saved, secrets encrypted."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from campaigns.delivery.backoff import end_backoff_for_destination
from campaigns.models import Destination
from campaigns.models.destination_kind import KINDS, problems_of_settings, unknown_names
from campaigns.models.errors import constraints_as_errors
from campaigns.models.setting_checks import is_text
from customers.errors import DomainError, ErrorKind, invalid, not_found
from customers.models.organization import Organization
from customers.schema.fields import hold_schema

NO_SECRETS = "An object is expected: the name of each secret and its text."
LONGEST_NAME = 255
# Receivers are shown what was signed with these, never the secrets themselves.
NEVER_HANDED_OVER = {"signing_secret"}


@transaction.atomic
def save_destination(*, destination: Destination, changes: Mapping[str, Any]) -> Destination:
    """Change the given members of a destination, or create it.

    `changes`: `name`, `kind`, `is_default`, `settings`, `rate_per_second`, `attributes`, and `secrets`: those that are
    named are replaced, null takes one away. Whichever becomes the default of its kind takes the place of the one that
    was, and what waits for the default goes on at once where this is it now. Spaces around texts (not around secrets)
    are taken away. DomainError `validation` names all that can't work, and secrets that a changed address wants again.
    """
    values = {name: _stripped(value) for name, value in changes.items() if name != "secrets"}
    given = changes.get("secrets") or {}
    if not isinstance(given, dict):
        raise invalid(secrets=NO_SECRETS)
    for name, value in values.items():
        setattr(destination, name, value)
    if moves := values.get("is_default") is True:
        lock_kind(organization=destination.organization, kind=destination.kind)
    kept = _readable(destination)
    _refuse_to_lead_elsewhere(destination, kept.keys() - given.keys())
    secrets = {name: value for name, value in (kept | given).items() if value is not None}
    _check(destination, secrets)
    if secrets != kept:
        destination.set_secrets(secrets)
        values["encrypted_secrets"] = destination.encrypted_secrets
    with constraints_as_errors(), transaction.atomic():
        if moves:
            _others_of_kind(destination).filter(is_default=True).update(is_default=False, updated_at=Now())
        destination.save(update_fields=None if destination.pk is None else [*values, "updated_at"])
    if destination.is_default:
        end_backoff_for_destination(destination)
    return destination


def destinations_of(*, organization: Organization) -> QuerySet[Destination]:
    """The organization's destinations, newest first."""
    return Destination.objects.filter(organization=organization).order_by("-id")


def get_destination(*, organization: Organization, destination_id: int) -> Destination:
    """One destination; DomainError `not_found`."""
    found = destinations_of(organization=organization).filter(pk=destination_id).first()
    if found is None:
        raise not_found("Destination")
    found.organization = organization
    return found


def delete_destination(*, destination: Destination) -> None:
    """Nothing goes there any more; idempotent."""
    Destination.objects.filter(pk=destination.pk).delete()


def lock_kind(*, organization: Organization, kind: str) -> None:
    """Lock all of an organization's destinations of a kind, of which one is the default."""
    of_kind = Destination.objects.filter(organization=organization, kind=kind)
    list(of_kind.select_for_update(no_key=True).order_by("id").values_list("id"))


def _others_of_kind(destination: Destination) -> QuerySet[Destination]:
    of_kind = Destination.objects.filter(organization=destination.organization, kind=destination.kind)
    return of_kind.exclude(pk=destination.pk)


def _stripped(value: object) -> object:
    """A pasted value without the spaces around it."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return {name: _stripped(each) for name, each in value.items()}
    return [_stripped(each) for each in value] if isinstance(value, list) else value


def _check(destination: Destination, secrets: Mapping[str, object]) -> None:
    """DomainError `validation` names everything that could not work."""
    if destination.kind not in KINDS:
        raise invalid(kind=f"One of {', '.join(KINDS)} is expected.")
    problems = problems_of_settings(destination.kind, destination.settings, secrets)
    if not is_text(destination.name) or len(destination.name) > LONGEST_NAME:
        problems["name"] = [f"A text of at most {LONGEST_NAME} characters is expected."]
    known = frozenset(hold_schema(organization=destination.organization))
    unknown = [name for name in destination.attributes if name not in known]
    if unknown:
        problems["attributes"] = [f'The schema has no field "{name}".' for name in unknown]
    if "settings" not in problems:
        problems |= _named("settings", unknown_names(destination.kind, destination.settings, known))
    if problems:
        raise DomainError(ErrorKind.INVALID, "validation", "Validation error.", fields=problems)


def _refuse_to_lead_elsewhere(destination: Destination, kept: Collection[str]) -> None:
    """Refuse to hand stored secrets to another receiver than the one that they were given for.

    Who may change a destination may not read its secrets.
    """
    handed_over = sorted(set(kept) - NEVER_HANDED_OVER)
    if not handed_over or destination.kind not in KINDS:
        return
    before = Destination.objects.values_list("settings", flat=True).get(pk=destination.pk)
    after = destination.settings if isinstance(destination.settings, dict) else {}
    kind = KINDS[destination.kind]
    for name in sorted(kind.leads_secrets & kind.members.keys()):
        default = kind.members[name].default
        if before.get(name, default) != after.get(name, default):
            raise invalid(secrets=f"{name} has changed, so give again what goes there: {', '.join(handed_over)}.")


def _named(name: str, sentences: list[str]) -> dict[str, list[str]]:
    return {name: sentences} if sentences else {}


def _readable(destination: Destination) -> dict[str, str]:
    """The secrets; none if their key is gone, so that they can be set again."""
    try:
        return destination.secrets
    except DomainError:
        return {}


@transaction.atomic
def reencrypt_destinations() -> int:
    """Encrypt every destination's secrets with the first key of ENCRYPTION_KEYS; returns how many there are.

    For all organizations: it is the installation's key that changes.
    """
    encrypted = Destination.objects.select_for_update().exclude(encrypted_secrets="").order_by("id")
    for destination in encrypted:
        destination.set_secrets(destination.secrets)
        destination.save(update_fields=["encrypted_secrets"])
    return len(encrypted)
