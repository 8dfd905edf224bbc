"""What is read of the objects of a channel."""
