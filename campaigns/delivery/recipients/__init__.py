"""Recipients of messages: added once, claimed in batches, settled in batches, never delivered to twice by guesswork."""
