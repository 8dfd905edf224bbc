"""When a message is due, and what a change of its levels does to its delivery."""
