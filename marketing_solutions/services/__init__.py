"""What is done in portfolios."""
