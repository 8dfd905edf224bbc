"""The trace dialect's wire formats."""
