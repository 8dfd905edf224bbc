"""Recipients of messages: added once, claimed and settled in batches, and never sent to twice on a guess."""
