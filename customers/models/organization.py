"""Organizations, the tenants."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.db import models


def validate_time_zone(name: str) -> None:
    """Refuse a name that is no IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name!r} is no IANA time zone.")


class Organization(models.Model):
    """A tenant: no answer ever shows or changes a row of another one."""

    name = models.CharField(max_length=255, unique=True)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="IANA name; calendar days, months and years of caps and spend are of this zone.",
    )
    version = models.BigIntegerField(
        default=1,
        editable=False,
        help_text="Raised by every write to what decisions are made from, in the same transaction.",
    )
    default_consent = models.BooleanField(default=True, help_text="The consent of a new customer who said nothing.")
    customers_deleted_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When customers were last deleted: audiences look whom they lost.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The organization's time zone."""
        return zoneinfo.ZoneInfo(self.time_zone)
