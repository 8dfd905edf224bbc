"""The people who work in the admin."""

from django.contrib.auth.models import AbstractUser


class Operator(AbstractUser):
    """A person who logs in to the admin; a model of our own so that it can grow without a painful migration."""
