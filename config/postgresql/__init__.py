"""The project's database engine: Django's PostgreSQL backend, with an embedded server if none is configured."""
