"""Which advertisers an application may act for."""

from customers.errors import DomainError, Kind
from customers.models import Application
from marketing_solutions.models import Advertiser


def get_managed_advertiser(*, application: Application, advertiser_id: int) -> Advertiser:
    """An advertiser that the application may manage; DomainError, the same for every other and for none."""
    advertiser = Advertiser.objects.filter(
        organization_id=application.organization_id,
        id=advertiser_id,
        portfolios__application=application,
        portfolios__may_manage=True,
    ).first()
    if advertiser is None:
        raise DomainError(
            Kind.FORBIDDEN,
            "insufficient-advertiser-permissions",
            "The application may not manage this advertiser's campaigns.",
        )
    return advertiser
