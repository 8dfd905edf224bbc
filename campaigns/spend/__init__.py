"""Spend limits of campaigns, and the ledger of what they have spent."""
