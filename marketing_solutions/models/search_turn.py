"""A search with a large answer that is being sent."""

from django.db import models

from customers.models import Organization


class SearchTurn(models.Model):
    """One of an organization's few turns; the table is UNLOGGED (a migration says so): after a crash all are free.

    `lease` is the number of the search that holds it, `ends_at` the end of that lease.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, db_index=False, related_name="+")
    place = models.PositiveSmallIntegerField()
    lease = models.BigIntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["organization_id", "place"]
        constraints = [models.UniqueConstraint(fields=["organization", "place"], name="search_turn_place_once")]

    def __str__(self) -> str:
        return f"{self.organization_id}, {self.place}"
