"""The schema of customers."""
