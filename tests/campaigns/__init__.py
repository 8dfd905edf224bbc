"""The shared campaign core."""
