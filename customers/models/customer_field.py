"""The schema of an organization's customers: which attributes they have, and of which type."""

from django.core.validators import RegexValidator
from django.db import models

from customers.field_values.field_type import FIELD_TYPES
from customers.tenancy import TenantModel

# Names that the targeting language gives a meaning of its own.
RESERVED_NAMES = frozenset({"id", "tag", "points", "platform", "language", "channel"})


class CustomerField(TenantModel):
    """One attribute that every customer of the organization may (or must) have."""

    name = models.CharField(max_length=63, validators=[RegexValidator(r"^[A-Za-z][A-Za-z0-9_-]*\Z")])
    type = models.CharField(max_length=8, choices=[(each, each.title()) for each in FIELD_TYPES])
    required = models.BooleanField(default=False)
    unique = models.BooleanField(
        default=False, help_text="No two customers of the organization share a value, once its index stands."
    )
    unique_since = models.DateTimeField(
        null=True, editable=False, help_text="Since when the index stands, and no value can be shared any more."
    )
    unique_problem = models.CharField(
        max_length=255,
        default="",
        db_default="",
        editable=False,
        help_text="Why a field that was marked is not unique.",
    )
    targetable = models.BooleanField(
        default=False, db_default=False, help_text="Audiences often ask for it: it gets an index and statistics."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="customer_field_name_unique"),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"^[A-Za-z][A-Za-z0-9_-]*$")
                & ~models.Q(name__in=sorted(RESERVED_NAMES)),
                name="customer_field_name",
                violation_error_message="A word that has no meaning of its own in targeting.",
            ),
            models.CheckConstraint(condition=models.Q(type__in=FIELD_TYPES), name="customer_field_type"),
        ]

    def __str__(self) -> str:
        return self.name
