"""Filters of the campaign list (contract 4, section A "filtering the list")."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from campaigns.api.instants import parse_instant
from campaigns.hierarchy.campaigns import campaigns_of
from campaigns.models import AdCampaign
from campaigns.models.level import Status
from customers.errors import DomainError, ErrorKind
from customers.models import Organization


class InstantField(forms.CharField):
    """A time in one of the contract's forms; the `+` of an offset may have come as a space."""

    def to_python(self, value: object) -> Any:
        """An aware UTC datetime, or None if it is empty."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_instant(text)
        except ValueError:
            pass
        try:
            return parse_instant("+".join(text.rsplit(" ", 1)))
        except ValueError as error:
            raise forms.ValidationError("A time such as 2020-08-12T17:45:48Z is expected.") from error


class InstantFilter(django_filters.Filter):  # type: ignore[misc]  # django-filter has no types
    """Compares with a time."""

    field_class = InstantField


class CampaignFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """`status`, `name`, `starts_after`, `ends_before`, `updated_since`."""

    status = django_filters.ChoiceFilter(choices=Status.choices)
    name = django_filters.CharFilter()
    starts_after = InstantFilter(field_name="starts_at", lookup_expr="gte")
    ends_before = InstantFilter(field_name="ends_at", lookup_expr="lte")
    updated_since = InstantFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = AdCampaign
        fields: tuple[str, ...] = ()


def filtered(organization: Organization, query: Mapping[str, str]) -> QuerySet[AdCampaign] | None:
    """The campaigns that match the query string; None if it has no filter.

    DomainError `argument_error` names each wrong argument.
    """
    if not CampaignFilter.base_filters.keys() & query.keys():
        return None
    filters = CampaignFilter(query, queryset=campaigns_of(organization=organization))
    if not filters.is_valid():
        fields = {name: [str(sentence) for sentence in sentences] for name, sentences in filters.errors.items()}
        raise DomainError(ErrorKind.UNKNOWN_ATTRIBUTE, "argument_error", "Wrong arguments.", fields=fields)
    found: QuerySet[AdCampaign] = filters.qs
    return found
