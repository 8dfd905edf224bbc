"""The trace dialect's endpoints about customers (contract 3, Customers)."""
