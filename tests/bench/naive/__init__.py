"""The same answers built the way the textbooks do, as references: what a hand-made answer must be worth."""
