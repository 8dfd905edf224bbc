"""Organizations: made, changed, and how much one of them may do at a time."""
