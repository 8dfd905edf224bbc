"""A text by its SHA-256: what long texts are indexed by."""

from django.db.models import BinaryField, Func

from customers.models.attribute_sql import digest_expression


class TextDigest(Func):
    """Equal where the texts are, and 32 bytes whatever their length, so that a unique index has room for it."""

    template = digest_expression("%(expressions)s")
    output_field = BinaryField()
