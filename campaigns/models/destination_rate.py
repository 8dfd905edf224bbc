"""The token bucket of a destination's rate limit, shared by all workers."""

from django.db import models

from customers.tenancy import TenantModel


class DestinationRate(TenantModel):
    """A bucket of tokens, one for each message; time refills it, sending empties it."""

    destination = models.CharField(max_length=255)
    tokens = models.FloatField()
    filled_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "destination"], name="destination_rate_unique")]

    def __str__(self) -> str:
        return self.destination
