"""Which campaigns, and why not the others."""
