"""Spend and its limits."""
