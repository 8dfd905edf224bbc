"""The trace dialect's endpoints about visits (contract 3, Traces)."""
