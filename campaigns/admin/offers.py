"""Offers that operators define, and those in customers' hands."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from campaigns.admin.history import HistoryAdmin
from campaigns.models import IssuedOffer, Offer
from campaigns.models.offer import MAXIMUM_POINTS
from customers.services.organizations import raise_version


class OfferForm(forms.ModelForm[Offer]):
    """An offer's limit stays above what is issued; the other constraints are checked by the form itself."""

    def clean_points(self) -> int | None:
        """Points as the API takes them: none that take points away, or that no customer's sum could hold."""
        points: int | None = self.cleaned_data["points"]
        if points is not None and not 0 <= points <= MAXIMUM_POINTS:
            raise ValidationError(f"A number from 0 to {MAXIMUM_POINTS} is expected.")
        return points

    def clean_total_limit(self) -> int | None:
        """Refuse a limit that is passed already."""
        limit: int | None = self.cleaned_data["total_limit"]
        if limit is not None and limit < self.instance.issued_count:
            raise ValidationError(f"{self.instance.issued_count} are issued already.")
        return limit


@admin.register(Offer)
class OfferAdmin(admin.ModelAdmin[Offer]):
    """Offers."""

    form = OfferForm
    list_display = ["name", "guid", "points", "issued_count", "total_limit", "limit_per_customer", "ends_at"]
    list_filter = ["organization"]
    search_fields = ["name", "guid"]
    readonly_fields = ["issued_count", "created_at", "updated_at"]
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Offer | None = None) -> list[str]:
        """An offer stays in its organization, under its guid."""
        fixed = [] if obj is None else ["organization", "guid"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def has_delete_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:  # noqa: ARG002
        """What behaviors and customers refer to stays; its end is set instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Offer, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        """Save what the form changed, never the count, and raise the organization's version in the same transaction."""
        if change:
            obj.save(update_fields=[*form.changed_data, "updated_at"])
        else:
            obj.save()
        raise_version(organization=obj.organization)


@admin.register(IssuedOffer)
class IssuedOfferAdmin(HistoryAdmin):
    """Offers in customers' hands."""

    list_display = ["offer", "customer", "state_now", "issued_at", "expires_at", "redeemed_at"]
    list_filter = ["organization"]
    search_fields = ["key", "offer__name", "offer__guid"]
    list_select_related = ["offer", "customer"]

    @admin.display(description="state")
    def state_now(self, issued: IssuedOffer) -> str:
        """What became of it."""
        return str(issued.state(timezone.now()).value)
