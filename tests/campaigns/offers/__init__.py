"""Offers and points."""
