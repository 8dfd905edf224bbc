"""The marketing solutions dialect: `/oauth2/token` and `/marketing-solutions/campaigns` (contract 2)."""
