"""What a mail address is, wherever one is given, kept or written to: so what a form accepts, a mail can go to."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def is_mail_address(text: str) -> bool:
    """Whether mail can be sent to an address as it is written, with nothing around it."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isprintable()
