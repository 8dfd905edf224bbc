"""The admin of whose campaigns are bought for."""

from django.contrib import admin

from marketing_solutions.models import Advertiser


@admin.register(Advertiser)
class AdvertiserAdmin(admin.ModelAdmin[Advertiser]):
    """The brands."""

    list_display = ["name", "organization", "currency", "created_at"]
    list_filter = ["organization"]
    search_fields = ["name"]
