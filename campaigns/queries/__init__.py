"""What is read of the campaign hierarchy."""
