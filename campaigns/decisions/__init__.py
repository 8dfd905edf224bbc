"""Decisions: which campaigns a customer is offered, their impressions, interactions and participations."""
