"""The objects of a channel (contract 3, Campaigns)."""
