"""The addresses of customers, below `/api/customers/`; each with and without the trailing slash."""

from django.urls import re_path

from customers.api.views import Customers, Subscriptions

urlpatterns = [
    re_path(r"^customers/?$", Customers.as_view()),
    re_path(r"^customers/subscribe/?$", Subscriptions.as_view()),
]
