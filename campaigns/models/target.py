"""One condition of a campaign's or a group's targeting."""

from collections.abc import Iterator

from django.db import models
from django.db.models import Q

from campaigns.models.bundle import AdBundle
from campaigns.models.group import AdGroup
from campaigns.targeting.target_operator import OPERATORS
from customers.models import NamesFields


class AdTarget(NamesFields):
    """`{attribute, operator, values}` of the targeting language; it hangs on a bundle or on a group, never on both."""

    bundle = models.ForeignKey(AdBundle, null=True, blank=True, on_delete=models.CASCADE, related_name="targets")
    creative_group = models.ForeignKey(
        AdGroup, null=True, blank=True, on_delete=models.CASCADE, related_name="targets", verbose_name="group"
    )
    position = models.PositiveIntegerField()
    attribute = models.CharField(max_length=63)
    operator = models.CharField(max_length=10, choices=[(each, each.replace("_", " ").title()) for each in OPERATORS])
    values = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(bundle__isnull=True, creative_group__isnull=False)
                | Q(bundle__isnull=False, creative_group__isnull=True),
                name="target_of_bundle_or_group",
            ),
            models.CheckConstraint(condition=Q(operator__in=OPERATORS), name="target_operator"),
            models.UniqueConstraint(fields=["bundle", "position"], name="target_position_in_bundle"),
            models.UniqueConstraint(fields=["creative_group", "position"], name="target_position_in_group"),
        ]

    def __str__(self) -> str:
        return f"{self.attribute} {self.operator} {self.values}"

    @classmethod
    def uses_of_field(cls, *, organization_id: int, name: str) -> Iterator[str]:
        """Targets of living campaigns and groups."""
        named = cls.objects.filter(organization_id=organization_id, attribute=name).order_by("id")
        for owner, path in (("campaign", "bundle__campaign"), ("creative group", "creative_group")):
            living = named.filter(**{f"{path}__deleted_at__isnull": True, f"{path}__isnull": False})
            for told in dict.fromkeys(living.values_list(f"{path}__name", flat=True)):
                yield f'a target of the {owner} "{told}"'
