"""Campaigns, line items, creative groups, creatives and their targets: read and written."""
