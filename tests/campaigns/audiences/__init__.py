"""Audiences and deliveries."""
