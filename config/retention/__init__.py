"""What is deleted once it is old, kind by kind, in small bites beside the traffic (docs/operations.md)."""

from config.retention.bites import retire, retire_all
from config.retention.kinds import KINDS, Kind

__all__ = ["KINDS", "Kind", "retire", "retire_all"]
