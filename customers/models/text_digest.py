"""The SHA-256 of a text, by which long texts are indexed."""

from django.db.models import BinaryField, Func

from customers.field_values.sql import digest_expression


class TextDigest(Func):
    """Equal if the texts are equal, and always 32 bytes, so that it fits into a unique index."""

    template = digest_expression("%(expressions)s")
    output_field = BinaryField()
