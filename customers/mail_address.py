"""What a mail address is, for every form that takes one and every channel that sends to one."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def is_mail_address(text: str) -> bool:
    """Whether the text is a bare mail address to which mail can be sent."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isprintable()
