"""What is made through one dialect, read and acted on through the others."""
