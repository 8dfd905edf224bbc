"""Reading members of what operators write: each reader notes its problem and goes on, so that all are shown at once."""

import re
from collections.abc import Iterable, Sequence

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", re.ASCII)


class RefusedStepError(ValueError):
    """A step or field is refused; a sentence for each of its problems."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def known_members(item: dict[str, object], known: Iterable[str], problems: list[str]) -> None:
    """Note unknown members."""
    strangers = sorted(ascii(str(member)[:63]) for member in item.keys() - set(known))
    if strangers:
        problems.append(f"unknown members: {', '.join(strangers[:5])}.")


def text(item: dict[str, object], member: str, problems: list[str], *, maximum: int, empty: bool = False) -> str:
    """A member's text of at most so many characters; "" where it is none."""
    value = item.get(member)
    if not isinstance(value, str) or len(value) > maximum or "\x00" in value or not (value.strip() or empty):
        problems.append(f"{member}: a text of {'0' if empty else '1'} to {maximum} characters is expected.")
        return ""
    return value


def name_of(item: dict[str, object], member: str, problems: list[str]) -> str:
    """A step's name."""
    value = item.get(member)
    if not isinstance(value, str) or not NAME.fullmatch(value):
        problems.append(f"{member}: a word of at most 63 letters, digits, hyphens and underscores is expected.")
        return ""
    return value


def optional_name(item: dict[str, object], member: str, problems: list[str]) -> str | None:
    """A step's name, or None for the end."""
    return None if item.get(member) is None else name_of(item, member, problems)


def boolean(item: dict[str, object], member: str, problems: list[str], *, default: bool = False) -> bool:
    """True or false."""
    value = item.get(member, default)
    if not isinstance(value, bool):
        problems.append(f"{member}: true or false is expected.")
        return default
    return value


def items(item: dict[str, object], member: str, problems: list[str], maximum: int) -> list[object]:
    """A list of at most so many; an empty one where it is absent."""
    value = item.get(member, [])
    if not isinstance(value, list) or len(value) > maximum:
        problems.append(f"{member}: a list of at most {maximum} is expected.")
        return []
    return value
