"""Deletes old rows, kind by kind, in small batches beside the traffic (docs/operations.md)."""

from config.retention.deletion import retire, retire_all
from config.retention.kinds import KINDS, RetentionKind

__all__ = ["KINDS", "RetentionKind", "retire", "retire_all"]
