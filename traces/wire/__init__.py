"""The trace dialect's kit (contract 3; contract 4, section C): it stands in the lowest app that speaks the dialect."""
