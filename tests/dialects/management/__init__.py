"""The management dialect (contract 1)."""
