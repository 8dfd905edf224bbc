"""The addresses of a channel, below `/api/campaigns/`; each with and without the trailing slash."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
