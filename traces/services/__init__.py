"""What is done to traces."""
