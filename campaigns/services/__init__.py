"""What is done to the campaign hierarchy."""
