"""Advertisers, and the portfolios in which applications see them."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from customers.errors import DomainError, ErrorKind, invalid
from customers.models import Application
from marketing_solutions.models import Advertiser, AdvertiserCampaign, Portfolio
from marketing_solutions.models.advertiser import Feature


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
            ErrorKind.PERMISSION_DENIED,
            "insufficient-advertiser-permissions",
            "The application may not manage this advertiser's campaigns.",
        )
    return advertiser


def save_advertiser(
    *, advertiser: Advertiser, name: str | None = None, currency: str | None = None, features: list[str] | None = None
) -> Advertiser:
    """Change an advertiser (None: unchanged), or make one; DomainError `validation`."""
    changes = {"name": name, "currency": currency, "features": features}
    _save(advertiser, changes, name="The organization already has an advertiser of this name.")
    return advertiser


def delete_advertiser(*, advertiser: Advertiser) -> None:
    """Delete an advertiser and its places in portfolios; DomainError `in_use` where it has campaigns."""
    campaigns = AdvertiserCampaign.objects.filter(advertiser=advertiser).count()
    if campaigns:
        raise DomainError(ErrorKind.CONFLICT, "in_use", f"{advertiser} has {campaigns} campaigns.")
    with transaction.atomic():
        Portfolio.objects.filter(advertiser=advertiser).delete()
        advertiser.delete()


def save_portfolio(
    *,
    portfolio: Portfolio,
    application: Application | None = None,
    advertiser: Advertiser | None = None,
    may_manage: bool | None = None,
) -> Portfolio:
    """Put an advertiser into an application's portfolio, or change it (None: unchanged).

    DomainError `validation`, also where the two belong to different organizations.
    """
    portfolio.application = application or portfolio.application
    portfolio.advertiser = advertiser or portfolio.advertiser
    if portfolio.application.organization_id != portfolio.advertiser.organization_id:
        raise invalid(advertiser="The application and the advertiser belong to different organizations.")
    portfolio.organization = portfolio.advertiser.organization
    changes = {"application": application, "advertiser": advertiser, "may_manage": may_manage}
    _save(portfolio, changes, advertiser="The application's portfolio already has this advertiser.")
    return portfolio


def give_default_advertiser(*, application: Application) -> Advertiser:
    """Put the organization's oldest advertiser into an application's portfolio, manageable and with all features.

    An organization without one gets one of its own name.
    """
    organization = application.organization
    advertiser = Advertiser.objects.filter(organization=organization).order_by("id").first()
    if advertiser is None:
        advertiser = save_advertiser(
            advertiser=Advertiser(organization=organization), name=organization.name, features=Feature.values
        )
    portfolio = Portfolio(organization=organization)
    save_portfolio(portfolio=portfolio, application=application, advertiser=advertiser, may_manage=True)
    return advertiser


def _save(row: Advertiser | Portfolio, changes: Mapping[str, object], **taken: str) -> None:
    given = {name: value for name, value in changes.items() if value is not None}
    for name, value in given.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save(update_fields=None if row.pk is None else list(given))
    except IntegrityError as error:
        raise invalid(**taken) from error
