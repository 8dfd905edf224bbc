"""What campaigns may spend, and what they have spent."""
