"""CSS that operators write: kept without what could load, run or hide anything.

The page's Content-Security-Policy is the second lock; this is the first, so that `style` is harmless wherever else a
client puts it (contract 3 hands it out in the funnel object).
"""

import re

COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# What ends a style element, what writes a name so that nobody recognises it, and what no text holds.
FORBIDDEN_CHARACTERS = re.compile(r"[<\\\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
PIECES = re.compile(r"([;{}])")
# A declaration, selector or rule that can load or run something in any browser there ever was.
DANGEROUS = re.compile(
    r"@(?:import|charset|namespace|font-face)\b"
    r"|(?:url|src|image|image-set|element|expression|cross-fade|paint)\s*\("
    r"|(?:javascript|vbscript|data)\s*:"
    r"|(?:behavior|-moz-binding)\s*:",
    re.IGNORECASE,
)


def sanitised_style(style: str) -> str:
    """The style sheet without comments and without every piece (between `;`, `{` and `}`) that could load or run.

    Cleaning twice changes nothing.
    """
    before, after = None, style
    while before != after:
        before = after
        after = COMMENT.sub("", FORBIDDEN_CHARACTERS.sub("", after))
        after = "".join(piece for piece in PIECES.split(after) if not DANGEROUS.search(piece))
    return after.strip()
