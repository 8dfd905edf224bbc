"""What is read of who calls and who is served."""
