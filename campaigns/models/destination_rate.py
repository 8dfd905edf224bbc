"""How fast a destination may be fed, counted over all workers."""

from django.db import models

from customers.tenancy import TenantModel


class DestinationRate(TenantModel):
    """A bucket of tokens, one for each message; it is filled as time goes by, and emptied by who sends."""

    destination = models.CharField(max_length=255)
    tokens = models.FloatField()
    filled_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "destination"], name="destination_rate_unique")]

    def __str__(self) -> str:
        return self.destination
