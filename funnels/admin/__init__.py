"""The admin of the objects of a channel."""
