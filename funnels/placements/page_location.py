"""Patterns of page locations."""


def matches_pattern(pattern: str, location: str) -> bool:
    """Whether the whole location fits the pattern, in which `*` stands for any characters; in linear time."""
    first, *others = pattern.split("*")
    if not others:
        return location == first
    *middle, last = others
    if not location.startswith(first):
        return False
    position = len(first)
    for literal in middle:
        found = location.find(literal, position)
        if found < 0:
            return False
        position = found + len(literal)
    return location.endswith(last) and len(location) - len(last) >= position
