"""Where an organization's messages and audiences go, with settings and credentials."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from campaigns.models.destination_kind import KINDS, kind_choices
from customers.errors import DomainError
from customers.models import NamesFields
from customers.models.encrypted_field import decrypt, encrypt


class Destination(NamesFields):
    """A place of one kind. Creatives don't name destinations: the organization's default of the kind is used.

    `settings` are shown and logged, secrets are not: they stand encrypted in `encrypted_secrets` and are read with
    `secrets` where they are sent. What a kind takes is declared by its channel (`campaigns.delivery.channels`).
    """

    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=32, choices=kind_choices)
    is_default = models.BooleanField(default=True, help_text="The one that creatives of this kind use.")
    settings = models.JSONField(default=dict, blank=True)
    encrypted_secrets = models.TextField(default="", blank=True, editable=False)
    rate_per_second = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Recipients a second; empty: no limit."
    )
    attributes = ArrayField(
        models.CharField(max_length=63),
        default=list,
        blank=True,
        help_text="Attributes of customers that are handed over, separated by commas.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="destination_name_unique"),
            models.UniqueConstraint(
                fields=["organization", "kind"],
                condition=Q(is_default=True),
                name="destination_one_default_a_kind",
                violation_error_message="The organization has another default of this kind.",
            ),
            models.CheckConstraint(condition=Q(kind__regex=r"^[a-z][a-z0-9_]*$"), name="destination_kind"),
            models.CheckConstraint(
                condition=Q(rate_per_second__isnull=True) | Q(rate_per_second__gte=1), name="destination_rate"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def option(self, name: str) -> Any:
        """A member of the settings, or its default; only what the kind knows can be asked for."""
        return self.settings.get(name, KINDS[self.kind].members[name].default)

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets by name; DomainError `secrets_unreadable` where their key is gone."""
        return decrypt(self.encrypted_secrets)

    @property
    def secrets_set(self) -> list[str]:
        """The names of the secrets; empty where their key is gone."""
        try:
            return sorted(self.secrets)
        except DomainError:
            return []

    def set_secrets(self, secrets: Mapping[str, str]) -> None:
        """Encrypt these in place of those that were there; saving is the caller's."""
        self.encrypted_secrets = encrypt(secrets)

    @property
    def attributes_named(self) -> set[str]:
        """Every attribute of customers that is sent there, or by which they are addressed; defaults included."""
        named = set(self.attributes)
        for member, declared in KINDS[self.kind].naming_members.items():
            named |= set(declared.names_in(self.settings, member))
        return named

    @classmethod
    def uses_of_field(cls, *, organization_id: int, name: str) -> Iterator[str]:
        """Destinations that send it, or address people by it."""
        for destination in cls.objects.filter(organization_id=organization_id):
            if name in destination.attributes_named:
                yield f'the destination "{destination.name}"'
