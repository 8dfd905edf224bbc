"""The marketing solutions dialect (contract 2)."""
