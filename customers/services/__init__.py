"""What is done to who calls and who is served."""
