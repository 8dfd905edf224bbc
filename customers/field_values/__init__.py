"""What the fields of a customer schema hold: their types, the normalized form of a value, and its SQL; pure."""
