"""The people who work in the admin."""

from django.contrib.auth.models import AbstractUser


class Operator(AbstractUser):
    """A person who logs in to the admin; our own model, so that columns can be added later."""
