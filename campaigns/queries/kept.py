"""What is compiled from an organization's definitions, kept in process per organization and version stamp.

Every write to what decisions are made from raises `Organization.version` in its own transaction. A request reads the
stamp in a statement of its own; what was compiled for an older stamp is not used.
"""

from collections.abc import Callable
from threading import Lock
from typing import Generic, Protocol, TypeVar

# How many organizations one process keeps.
MAXIMUM_KEPT = 200


class Versioned(Protocol):
    """What stands for one version of an organization's definitions."""

    @property
    def version(self) -> int:
        """The stamp that it was compiled for."""


Kept = TypeVar("Kept", bound=Versioned)


class KeptByVersion(Generic[Kept]):
    """`load(organization_id, version, before)` makes it as new as `version` at least, out of what was kept before."""

    def __init__(self, load: Callable[[int, int, Kept | None], Kept]) -> None:
        self._load = load
        self._kept: dict[int, Kept] = {}
        self._loading = Lock()

    def get(self, *, organization_id: int, version: int) -> Kept:
        """What is kept of the organization, as new as `version` at least."""
        kept = self._kept.get(organization_id)
        if kept is not None and kept.version >= version:
            return kept
        # One thread compiles; the others would take the processor from it and then find the same.
        with self._loading:
            kept = self._kept.get(organization_id)
            if kept is not None and kept.version >= version:
                return kept
            self._kept.pop(organization_id, None)
            loaded = self._kept[organization_id] = self._load(organization_id, version, kept)
            for oldest in list(self._kept)[:-MAXIMUM_KEPT]:
                self._kept.pop(oldest, None)
            return loaded
