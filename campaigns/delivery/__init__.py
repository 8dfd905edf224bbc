"""Messages: who gets them, how audiences are built, and how each recipient is delivered to."""
