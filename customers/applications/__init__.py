"""Applications, their credentials, the web origins they allow, and counts of their requests."""
