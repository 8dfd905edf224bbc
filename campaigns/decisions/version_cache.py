"""What is compiled from an organization's definitions, kept in process per organization and version stamp.

Every write to what decisions are made from raises `Organization.version` in its own transaction. A request reads the
stamp in a statement of its own; what was compiled for an older stamp is not used, but brought up to date.

All that a process keeps is bounded by the setting DEFINITION_CACHE_MB together: the organizations that were asked for
least recently are let go first, with all that is kept of them. The one that was asked for last always stays.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock, RLock
from typing import Any, Generic, Protocol, TypeVar

from django.conf import settings

MEGABYTE = 2**20
# What is kept of an organization that has nothing at all takes some bytes too.
BYTES_AT_LEAST = 4096


class Versioned(Protocol):
    """What stands for one version of an organization's definitions."""

    @property
    def version(self) -> int:
        """The stamp that it was compiled for."""

    @property
    def size(self) -> int:
        """About how many bytes it takes, without those that are kept elsewhere here."""


Kept = TypeVar("Kept", bound=Versioned)


class Shelf:
    """What is kept of one organization, by the cache that made it. Who loads holds `loading`, and nobody else waits."""

    __slots__ = ("kept", "loading", "size")

    def __init__(self) -> None:
        self.kept: dict[Any, Any] = {}
        self.loading = RLock()
        self.size = 0


class Shelves:
    """Every organization's shelf, the one that was asked for least recently first."""

    def __init__(self) -> None:
        self.by_organization: OrderedDict[int, Shelf] = OrderedDict()
        self.size = 0
        # Held for moments only, never while something is loaded.
        self._ordering = Lock()

    def touch(self, organization_id: int) -> Shelf:
        """The organization's shelf, as the one asked for last."""
        with self._ordering:
            shelf = self.by_organization.get(organization_id)
            if shelf is None:
                shelf = self.by_organization[organization_id] = Shelf()
            else:
                self.by_organization.move_to_end(organization_id)
            return shelf

    def put(self, organization_id: int, cache: Any, kept: Versioned, shelf: Shelf) -> None:
        """Keep something on a shelf, and let others go until all that is kept fits its bound."""
        with self._ordering:
            shelf.kept[cache] = kept
            # It may have been let go while this was loaded; then whoever came later has another one, which stays.
            if self.by_organization.setdefault(organization_id, shelf) is not shelf:
                return
            self.size -= shelf.size
            shelf.size = sum(one.size for one in shelf.kept.values())
            self.size += shelf.size
            self.by_organization.move_to_end(organization_id)
            while self.size > settings.DEFINITION_CACHE_MB * MEGABYTE and len(self.by_organization) > 1:
                _, oldest = self.by_organization.popitem(last=False)
                self.size -= oldest.size
                # It may be put back by who is loading something of it.
                oldest.size = 0


SHELVES = Shelves()


class KeptByVersion(Generic[Kept]):
    """`load(organization_id, version, before)` makes it as new as `version` at least, out of what was kept before.

    `load` must leave `before` as it is: others are reading it.
    """

    def __init__(self, load: Callable[[int, int, Kept | None], Kept]) -> None:
        self._load = load

    def get(self, *, organization_id: int, version: int) -> Kept:
        """What is kept of the organization, as new as `version` at least."""
        shelf = SHELVES.touch(organization_id)
        kept: Kept | None = shelf.kept.get(self)
        if kept is not None and kept.version >= version:
            return kept
        # One thread loads; the others of this organization would take the processor from it and then find the same.
        with shelf.loading:
            kept = shelf.kept.get(self)
            if kept is None or kept.version < version:
                kept = self._load(organization_id, version, kept)
                SHELVES.put(organization_id, self, kept, shelf)
            return kept
