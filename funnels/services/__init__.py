"""What is done to the objects of a channel."""
