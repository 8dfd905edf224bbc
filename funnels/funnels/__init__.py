"""Funnels: defined, walked and shown."""
