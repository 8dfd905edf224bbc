"""The project's database engine: Django's PostgreSQL backend, with an embedded server where none is configured."""
