"""Message templates as rows: compiled when they are saved, and kept as long as a creative uses them."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from campaigns.delivery.templates import compile_template, language_of
from campaigns.models import AdUnit, MessageTemplate
from campaigns.models.errors import constraints_as_errors
from customers.errors import DomainError, ErrorCollector, ErrorKind, not_found
from customers.models.organization import Organization
from customers.schema.fields import hold_schema

LONGEST_LINE = 255


def templates_of(*, organization: Organization) -> QuerySet[MessageTemplate]:
    """The organization's templates, newest first."""
    return MessageTemplate.objects.filter(organization=organization).order_by("-id")


def get_template(*, organization: Organization, key: str) -> MessageTemplate:
    """One template; DomainError `not_found`."""
    # PostgreSQL has no text with NUL to look for.
    found = None if "\x00" in key else templates_of(organization=organization).filter(key=key).first()
    if found is None:
        raise not_found("Template")
    found.organization = organization
    return found


@transaction.atomic
def save_template(
    *, template: MessageTemplate, changes: Mapping[str, Any], finds_language: bool = False
) -> MessageTemplate:
    """Change `key`, `language`, `subject`, `text` or `html` of a template, or make one.

    `finds_language`: where the texts only compile in another language, that is the template's. DomainError names what
    doesn't compile, and what compiles and can't be meant (`refuse_faults`). Spaces around the key are taken away.
    """
    for name, value in changes.items():
        setattr(template, name, value.strip() if name == "key" and isinstance(value, str) else value)
    texts = {"subject": template.subject, "text": template.text, "html": template.html}
    if finds_language:
        template.language = language_of(preferred=template.language, **texts)
    errors = ErrorCollector()
    with errors.collecting():
        known = {name.replace("-", "_") for name in hold_schema(organization=template.organization)}
        compile_template(language=template.language, **texts).refuse_faults(known)
    for name in ("key", "subject"):
        value, longest = getattr(template, name), LONGEST_LINE
        if not value.strip() or not value.isprintable() or len(value) > longest:
            errors.add(name, f"One line of at most {longest} characters is expected.")
    if template.key in {".", ".."}:
        errors.add("key", "A key that addresses can't name is not expected.")
    errors.raise_if_any()
    with constraints_as_errors(), transaction.atomic():
        template.save(update_fields=None if template.pk is None else [*{*changes, "language"}, "updated_at"])
    return template


def delete_template(*, template: MessageTemplate) -> None:
    """Delete a template; DomainError `conflict` if a living creative uses it."""
    using = AdUnit.objects.filter(
        organization=template.organization, template_id=template.key, deleted_at__isnull=True
    ).count()
    if using:
        raise DomainError(ErrorKind.CONFLICT, "in_use", f"{using} creatives use the template {template.key}.")
    template.delete()
