"""A mail address with a name, as people write it: `Name <address>`, with quotes or without, or the address alone."""

import re

from customers.mail_address import is_mail_address

WRITTEN = re.compile(r"(?:([^<>]*)<([^<>]+)>|([^<>]+))")
ESCAPED = re.compile(r"\\(.)")
# What a name may only hold in quotes (RFC 5322).
SPECIAL = re.compile(r'[][\\()<>@,:;".]')


def read_mailbox(text: str) -> tuple[str, str] | None:
    """The name (perhaps empty) and the address; None where no mail can come from there."""
    found = WRITTEN.fullmatch(text.strip())
    if found is None or not text.isprintable():
        return None
    name, address = (found.group(1) or "").strip(), (found.group(2) or found.group(3)).strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = ESCAPED.sub(r"\1", name[1:-1]).strip()
    return (name, address) if is_mail_address(address) else None


def write_mailbox(text: str) -> str:
    """The same as it stands in a mail, quoted where it must be; ValueError where it is no mailbox."""
    found = read_mailbox(text)
    if found is None:
        raise ValueError(f"{text} is no mail address.")
    name, address = found
    if SPECIAL.search(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address}>" if name else address
