"""Offers and issued offers."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from campaigns.models import IssuedOffer, Offer
from campaigns.offers.definitions import create_offer, update_offer
from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import HistoryAdmin, ServiceAdmin
from customers.models import Organization


@admin.register(Offer)
class OfferAdmin(ServiceAdmin[Offer]):
    """Offers; each stays under its guid."""

    list_display = ["name", "guid", "points", "issued_count", "total_limit", "limit_per_customer", "ends_at"]
    list_filter = [OrganizationFilter]
    search_fields = ["name", "guid"]
    readonly_fields = ["issued_count", "created_at", "updated_at"]
    fixed = ["guid"]

    def has_delete_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        """Behaviors and customers refer to offers; set the end instead."""
        return False

    def create(self, organization: Organization, values: dict[str, object], request: HttpRequest) -> Offer:
        """A new offer."""
        return create_offer(organization=organization, attributes=values)

    def change(self, row: Offer, changes: dict[str, object], request: HttpRequest) -> Offer:
        """Update the changed fields."""
        return update_offer(organization=row.organization, offer_id=row.pk, changes=changes)


@admin.register(IssuedOffer)
class IssuedOfferAdmin(HistoryAdmin):
    """Offers that were issued to customers."""

    list_display = ["offer", "customer", "state_now", "issued_at", "expires_at", "redeemed_at"]
    list_filter = [OrganizationFilter]
    search_fields = ["key", "offer__name", "offer__guid"]
    list_select_related = ["offer", "customer"]

    @admin.display(description="state")
    def state_now(self, issued: IssuedOffer) -> str:
        """The current state."""
        return str(issued.state(timezone.now()).value)
