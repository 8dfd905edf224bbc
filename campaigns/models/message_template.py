"""What an email or a push message says."""

from collections.abc import Iterator

from django.db import models
from django.db.models import Q

from customers.models import NamesFields

MAXIMUM_TEMPLATE = 65_536


class TemplateLanguage(models.TextChoices):
    """What a template is written in."""

    LIQUID = "liquid", "Liquid"
    DJANGO = "django", "Django's, as before"


class MessageTemplate(NamesFields):
    """Texts in one of the languages of `campaigns.delivery.templates`; a creative's `template_id` is its `key`.

    A push message takes its title from `subject` and its body from `text`.
    """

    key = models.CharField(max_length=255, help_text="A creative's template_id.")
    language = models.CharField(
        max_length=6,
        choices=TemplateLanguage.choices,
        default=TemplateLanguage.LIQUID,
        help_text="What the texts are written in.",
    )
    subject = models.CharField(max_length=255)
    text = models.TextField(max_length=MAXIMUM_TEMPLATE)
    html = models.TextField(max_length=MAXIMUM_TEMPLATE, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="message_template_key_unique")]

    def __str__(self) -> str:
        return self.key

    @classmethod
    def uses_of_field(cls, *, organization_id: int, name: str) -> Iterator[str]:
        """Templates that say `customer.name` or `customer['name']`; a hyphen is written as an underscore there."""
        pattern = rf"customer(\.|\[[\"']){name.replace('-', '_')}\y"
        named = Q(subject__regex=pattern) | Q(text__regex=pattern) | Q(html__regex=pattern)
        for key in cls.objects.filter(named, organization_id=organization_id).values_list("key", flat=True):
            yield f'the template "{key}"'
