"""A cache, in each process, of what is compiled from an organization's definitions, keyed by organization and version.

Every write to what decisions are made from bumps `Organization.version` in its own transaction. A request reads the
version in a statement of its own; an entry of an older version is not used, but brought up to date.

The setting DEFINITION_CACHE_MB bounds all entries of a process together: the least recently used organizations are
evicted first, with all their entries. The one that was used last always stays.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock, RLock
from typing import Any, Generic, Protocol, TypeVar

from django.conf import settings

MEGABYTE = 2**20
# What an organization that has nothing at all is counted as.
BYTES_AT_LEAST = 4096


class Versioned(Protocol):
    """A cache entry: what is compiled from one version of an organization's definitions."""

    @property
    def version(self) -> int:
        """The version that it was compiled from."""

    @property
    def size(self) -> int:
        """About how many bytes it takes, without those that other entries of the cache count."""


Entry = TypeVar("Entry", bound=Versioned)


class OrganizationEntries:
    """The entries of one organization, by the cache that made them. Who loads holds `loading`; nobody else waits."""

    __slots__ = ("by_cache", "loading", "size")

    def __init__(self) -> None:
        self.by_cache: dict[object, Any] = {}
        self.loading = RLock()
        self.size = 0


class CacheStore:
    """The entries of every organization, the least recently used one first."""

    def __init__(self) -> None:
        self.by_organization: OrderedDict[int, OrganizationEntries] = OrderedDict()
        self.size = 0
        # Held for moments only, never while something is loaded.
        self._ordering = Lock()

    def touch(self, organization_id: int) -> OrganizationEntries:
        """The organization's entries, as the most recently used ones."""
        with self._ordering:
            entries = self.by_organization.get(organization_id)
            if entries is None:
                entries = self.by_organization[organization_id] = OrganizationEntries()
            else:
                self.by_organization.move_to_end(organization_id)
            return entries

    def put(self, organization_id: int, cache: object, entry: Versioned, entries: OrganizationEntries) -> None:
        """Add an entry to those of its organization, and evict organizations until all entries fit the bound."""
        with self._ordering:
            entries.by_cache[cache] = entry
            # Evicted while this was loading, and asked for again since: the newer ones stay, these are dropped.
            if self.by_organization.setdefault(organization_id, entries) is not entries:
                return
            self.size -= entries.size
            entries.size = sum(one.size for one in entries.by_cache.values())
            self.size += entries.size
            self.by_organization.move_to_end(organization_id)
            while self.size > settings.DEFINITION_CACHE_MB * MEGABYTE and len(self.by_organization) > 1:
                _, oldest = self.by_organization.popitem(last=False)
                self.size -= oldest.size
                # A thread that is loading one of its entries may put it back.
                oldest.size = 0


STORE = CacheStore()


class VersionCache(Generic[Entry]):
    """`load(organization_id, version, before)` makes an entry of `version` or newer, out of the one before if it can.

    `load` must not change `before`: other threads are reading it.
    """

    def __init__(self, load: Callable[[int, int, Entry | None], Entry], store: CacheStore = STORE) -> None:
        self._load = load
        self._store = store

    def get(self, *, organization_id: int, version: int) -> Entry:
        """The organization's entry, of `version` or newer."""
        entries = self._store.touch(organization_id)
        entry: Entry | None = entries.by_cache.get(self)
        if entry is not None and entry.version >= version:
            return entry
        # One thread loads; the others of this organization would take the processor from it and then find the same.
        with entries.loading:
            entry = entries.by_cache.get(self)
            if entry is None or entry.version < version:
                entry = self._load(organization_id, version, entry)
                self._store.put(organization_id, self, entry, entries)
            return entry
