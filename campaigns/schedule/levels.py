"""When a creative and the levels above it are live or over, for statements over `creative` and its levels.

`creative_group`, `line_item` and `campaign` are the names of the levels above it.
"""

from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)


def is_live(level: str) -> str:
    """Whether the level under this alias is live; `Window` of the decision engine has its dates too."""
    return f"{level}.status = 'live' AND {level}.deleted_at IS NULL"


LEVELS_ABOVE_CREATIVE = SQL("levels_above_creative")
LEVELS_ARE_LIVE = " AND ".join(is_live(level) for level in ("creative", "creative_group", "line_item", "campaign"))
LEVELS_ARE_OVER = SQL("levels_are_over")
LEVELS_START_AT = "GREATEST(campaign.starts_at, line_item.starts_at, creative_group.starts_at)"
LEVELS_END_AT = "LEAST(campaign.ends_at, line_item.ends_at, creative_group.ends_at)"
