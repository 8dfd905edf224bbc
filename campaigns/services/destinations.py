"""Destinations and the templates of what is sent there: saved checked, and secrets sealed."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from campaigns.delivery.templates import compile_template
from campaigns.models import AdUnit, Destination, MessageTemplate
from campaigns.models.destination_kind import SHAPES, problems_of_settings
from campaigns.services.levels import constraints_as_errors
from customers.errors import DomainError, Kind, invalid

NO_SECRETS = "An object of texts is expected."


def save_destination(*, destination: Destination, changes: Mapping[str, Any]) -> Destination:
    """Change what is named of a destination, or make one that is not yet there.

    `changes`: `name`, `kind`, `is_default`, `settings`, `rate_per_second`, `attributes`, and `secrets`: those that are
    named are replaced, null takes one away. DomainError `validation` names all that the kind doesn't take.
    """
    values = dict(changes)
    given = values.pop("secrets", None) or {}
    if not isinstance(given, dict) or not all(map(_is_secret, given.values())):
        raise invalid(secrets=NO_SECRETS)
    for name, value in values.items():
        setattr(destination, name, value)
    if destination.kind not in SHAPES:
        raise invalid(kind=f"One of {', '.join(SHAPES)} is expected.")
    kept = _readable(destination)
    secrets = {name: value for name, value in (kept | given).items() if value is not None}
    problems = problems_of_settings(destination.kind, destination.settings, secrets)
    if problems:
        raise DomainError(Kind.INVALID, "validation", "Validation error.", fields=problems)
    if secrets != kept:
        destination.keep_secrets(secrets)
        values["sealed_secrets"] = destination.sealed_secrets
    with constraints_as_errors(), transaction.atomic():
        destination.save(update_fields=None if destination.pk is None else [*values, "updated_at"])
    return destination


def _is_secret(value: object) -> bool:
    return value is None or (isinstance(value, str) and bool(value))


def _readable(destination: Destination) -> dict[str, str]:
    """The secrets; none where their key is gone, so that they can be typed in again."""
    try:
        return destination.secrets
    except DomainError:
        return {}


def save_template(*, template: MessageTemplate, changes: Mapping[str, Any]) -> MessageTemplate:
    """Change `key`, `subject`, `text` or `html` of a template, or make one; DomainError names what doesn't compile."""
    for name, value in changes.items():
        setattr(template, name, value)
    compile_template(subject=template.subject, text=template.text, html=template.html)
    with constraints_as_errors(), transaction.atomic():
        template.save(update_fields=None if template.pk is None else [*changes, "updated_at"])
    return template


def delete_template(*, template: MessageTemplate) -> None:
    """Take a template away; DomainError `conflict` where a living creative says it."""
    using = AdUnit.objects.filter(
        organization=template.organization, template_id=template.key, deleted_at__isnull=True
    ).count()
    if using:
        raise DomainError(Kind.CONFLICT, "in_use", f"{using} creatives use the template {template.key}.")
    template.delete()


@transaction.atomic
def seal_secrets_again() -> int:
    """Encrypt every destination's secrets with the first key of ENCRYPTION_KEYS; how many there are.

    For all organizations: it is the installation's key that changes.
    """
    sealed = Destination.objects.select_for_update().exclude(sealed_secrets="").order_by("id")
    for destination in sealed:
        destination.keep_secrets(destination.secrets)
        destination.save(update_fields=["sealed_secrets"])
    return len(sealed)
