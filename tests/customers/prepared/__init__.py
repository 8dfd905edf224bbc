"""Tests of `customers.prepared`."""
