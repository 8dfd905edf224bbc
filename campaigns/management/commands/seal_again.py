"""`manage.py seal_again`: the former name of `rotate_encryption_keys`."""

from campaigns.management.commands.rotate_encryption_keys import Command

__all__ = ["Command"]
