"""The trace dialect (contract 3; contract 4, section C), as its clients see it."""
