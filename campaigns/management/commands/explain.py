"""`manage.py explain`: why a customer is or isn't offered a campaign."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns.decisions.explain import EARLIEST, LATEST, explain
from campaigns.models import AdCampaign
from customers.customers.lookup import get_customer
from customers.errors import DomainError


class Command(BaseCommand):
    """Tell the one reason."""

    help = "Tell the one reason why a customer is or isn't offered a campaign, now or at another time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, what and when."""
        parser.add_argument("--customer", required=True, help="the customer's id")
        parser.add_argument("--campaign", required=True, type=int, help="the campaign's id")
        parser.add_argument("--at", type=datetime.fromisoformat, help="a time with its offset; now where it is missing")

    def handle(self, *_: object, **options: Any) -> None:
        """Print the reason, and what was decided last."""
        at: datetime = options["at"] or timezone.now()
        if at.tzinfo is None:
            raise CommandError("--at needs an offset, as in 2026-11-21T12:00:00+00:00.")
        if not EARLIEST <= at <= LATEST:
            raise CommandError(f"--at must be from {EARLIEST:%Y} to {LATEST:%Y}.")
        campaign = AdCampaign.objects.select_related("organization").filter(id=options["campaign"]).first()
        if campaign is None:
            raise CommandError("Campaign not found.")
        try:
            customer = get_customer(organization=campaign.organization, customer_id=options["customer"])
            found = explain(organization=campaign.organization, customer=customer, campaign_id=campaign.pk, at=at)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{found.reason or 'eligible'}: {found.sentence}")
        if found.record is not None:
            self.stdout.write(f"Last decided {found.record.at.isoformat()} ({found.record.source}): {found.recorded}")
