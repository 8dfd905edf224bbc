"""The schema of an organization's customers, its indexes, and who uses its fields."""
