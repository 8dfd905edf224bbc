"""`manage.py create_demo`: the demo organization, made once."""

import secrets
from contextlib import suppress

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from config.demo import channel, credentials
from config.demo.delivery import schedule_delivery
from config.demo.hierarchies import create_campaigns
from config.demo.people import create_people
from config.demo.portfolios import create_portfolio
from config.demo.rewards import create_rewards
from config.demo.shop import APPLICATION, ORGANIZATION, SERVER_APPLICATION
from customers.applications.applications import (
    create_application,
    credentials_of,
    rotate_identity_secret,
    rotate_secret,
    update_application,
)
from customers.errors import DomainError
from customers.models import Application, Operator, Organization
from customers.models.application import Platform
from marketing_solutions.models import Advertiser

OPERATOR = "operator"


class Command(BaseCommand):
    """Create what is missing, then show the credentials."""

    help = "Make the demo organization once and print its credentials."

    def handle(self, *_: object, **__: object) -> None:
        """Create everything in one transaction; a second call only shows the credentials again."""
        stored = credentials.read()
        with transaction.atomic():
            organization, created = Organization.objects.get_or_create(
                name=ORGANIZATION, defaults={"time_zone": "America/New_York"}
            )
            if created:
                stored = self._create(organization)
            application = self._server(organization)
            identities = self._identities(application, self._shop(organization))
            if stored.get("API_KEY") != application.api_key or not application.has_secret(stored.get("API_SECRET", "")):
                stored = credentials_of(application=application, secret=rotate_secret(application=application))
            shown = {"BASE_URL": settings.BASE_URL, **stored, **identities}
            shown |= {**self._advertiser(organization), **channel.environment_lines(), **self._operator(stored)}
            credentials.write(shown)
        credentials.show(shown)

    def _create(self, organization: Organization) -> dict[str, str]:
        application, secret = create_application(
            organization=organization, name=SERVER_APPLICATION, platforms=[Platform.REST]
        )
        create_people(organization=organization)
        create_campaigns(organization=organization, application=application)
        create_rewards(organization=organization)
        create_portfolio(organization=organization, application=application)
        channel.create_channel(application=application)
        schedule_delivery(organization=organization, application=application, now=timezone.now())
        return credentials_of(application=application, secret=secret)

    def _server(self, organization: Organization) -> Application:
        """The application of servers; a former version used it in the shop's pages, too."""
        application = Application.objects.get(organization=organization, name=SERVER_APPLICATION)
        if application.speaks_for_visitors:
            return application
        return update_application(application=application, platforms=[Platform.REST])

    def _shop(self, organization: Organization) -> Application:
        """The application of the shop's pages; a former version had none."""
        shop = Application.objects.filter(organization=organization, name=APPLICATION).first()
        if shop is None:
            shop, _ = create_application(organization=organization, name=APPLICATION, platforms=[Platform.WEB])
            channel.show_channel(application=shop)
        return shop

    def _identities(self, application: Application, shop: Application) -> dict[str, str]:
        """The keys of customer-tokens; a secret that can't be decrypted any more is replaced."""
        return {
            "IDENTITY_SECRET": self._identity_secret(application),
            "WEB_APP_TOKEN": str(shop.app_token),
            "WEB_IDENTITY_SECRET": self._identity_secret(shop),
        }

    def _identity_secret(self, application: Application) -> str:
        with suppress(DomainError):
            if application.identity_secret:
                return application.identity_secret
        return rotate_identity_secret(application=application)

    def _advertiser(self, organization: Organization) -> dict[str, str]:
        advertiser = Advertiser.objects.filter(organization=organization).earliest("id")
        return {"ADVERTISER_ID": str(advertiser.pk)}

    def _operator(self, stored: dict[str, str]) -> dict[str, str]:
        """The admin's user; a lost password is replaced."""
        password = stored.get("ADMIN_PASSWORD", "")
        operator = Operator.objects.filter(username=OPERATOR).first()
        if operator is None or not operator.check_password(password):
            password = secrets.token_urlsafe(12)
            operator = operator or Operator(username=OPERATOR, is_staff=True, is_superuser=True)
            operator.set_password(password)
            operator.save()
        return {"ADMIN_URL": f"{settings.BASE_URL}/admin/", "ADMIN_USER": OPERATOR, "ADMIN_PASSWORD": password}
