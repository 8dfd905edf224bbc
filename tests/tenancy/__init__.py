"""What one organization can learn of another: nothing."""
