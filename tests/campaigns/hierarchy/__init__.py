"""Levels of a campaign."""
