"""What processes keep of compiled definitions."""
