"""The version cache is bounded by bytes, evicts the least recently used organizations, and loads one at a time each."""

import threading
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from campaigns.decisions.version_cache import MEGABYTE, CacheStore, VersionCache
from tests.together import PATIENCE_SECONDS, together


@dataclass(frozen=True)
class Thing:
    """A cache entry."""

    version: int
    size: int = 0


@pytest.fixture
def store(settings: Any) -> CacheStore:
    """A store of the test's own, bounded by a megabyte."""
    settings.DEFINITION_CACHE_MB = 1
    return CacheStore()


class Loads:
    """A cache whose loads are recorded; each entry takes a tenth of a megabyte."""

    def __init__(self, store: CacheStore, size: int = MEGABYTE // 10) -> None:
        self.loads: list[int] = []
        self.size = size
        self.cache = VersionCache[Thing](self._load, store)

    def _load(self, organization_id: int, version: int, _before: Thing | None) -> Thing:
        self.loads.append(organization_id)
        return Thing(version, self.size)

    def get(self, organization_id: int, version: int = 1) -> Thing:
        """The organization's entry."""
        return self.cache.get(organization_id=organization_id, version=version)

    def loaded_by(self, *organization_ids: int) -> list[int]:
        """Ask for these; which of them had to be loaded."""
        before = len(self.loads)
        for organization_id in organization_ids:
            self.get(organization_id)
        return self.loads[before:]


def test_any_number_of_organizations_stays_while_they_fit(store: CacheStore) -> None:
    loads = Loads(store, size=1000)
    everybody = range(300)
    assert loads.loaded_by(*everybody) == list(everybody)
    for _ in range(3):
        assert loads.loaded_by(*everybody) == []


def test_the_least_recently_used_organizations_are_evicted_first(store: CacheStore) -> None:
    loads = Loads(store)
    loads.loaded_by(*range(10))
    assert loads.loaded_by(0, 3, 1) == []
    # Two more: the two that were asked for least recently go, which are neither the oldest nor the largest.
    assert loads.loaded_by(10, 11) == [10, 11]
    assert [*store.by_organization] == [5, 6, 7, 8, 9, 0, 3, 1, 10, 11]
    assert loads.loaded_by(0, 1, 3, 5, 6) == []
    assert loads.loaded_by(2) == [2]
    assert 7 not in store.by_organization
    assert store.size == sum(one.size for one in store.by_organization.values()) <= MEGABYTE


def test_three_hundred_organizations_round_robin_stay_within_the_bound(store: CacheStore) -> None:
    loads = Loads(store)
    for _ in range(3):
        loads.loaded_by(*range(300))
        assert len(store.by_organization) == 10
        assert store.size <= MEGABYTE
    assert len(loads.loads) == 900


def test_the_entries_of_one_organization_are_counted_and_evicted_together(store: CacheStore) -> None:
    one, other = Loads(store), Loads(store, size=MEGABYTE // 2)
    one.get(1)
    other.get(1)
    assert store.size == MEGABYTE // 10 + MEGABYTE // 2
    one.get(2)
    assert other.loaded_by(2) == [2]
    assert [*store.by_organization] == [2]
    assert one.loaded_by(1) == [1]
    assert other.loaded_by(1) == [1]


def test_an_entry_larger_than_the_bound_stays_alone(store: CacheStore) -> None:
    small, large = Loads(store), Loads(store, size=2 * MEGABYTE)
    small.get(1)
    assert large.loaded_by(2, 2, 2) == [2]
    assert [*store.by_organization] == [2]
    assert large.get(2, version=2).version == 2
    assert store.size == 2 * MEGABYTE
    small.get(3)
    assert (store.size, [*store.by_organization]) == (MEGABYTE // 10, [3])


def test_an_older_entry_is_brought_up_to_date_and_a_newer_one_is_used(store: CacheStore) -> None:
    loads = Loads(store)
    assert loads.get(1, version=3).version == 3
    assert loads.get(1, version=2).version == 3
    assert loads.get(1, version=4).version == 4
    assert loads.loads == [1, 1]


def test_two_organizations_are_loaded_at_once(store: CacheStore) -> None:
    meeting = threading.Barrier(2)

    def load(_organization_id: int, version: int, _before: Thing | None) -> Thing:
        # Neither goes on before the other one has begun.
        meeting.wait(PATIENCE_SECONDS)
        return Thing(version)

    cache = VersionCache[Thing](load, store)
    found = together([partial(cache.get, organization_id=key, version=key) for key in (1, 2)])
    assert [one.version for one in found] == [1, 2]


def test_many_concurrent_readers_load_once_and_do_not_block_other_organizations(store: CacheStore) -> None:
    begun, may_end = threading.Event(), threading.Event()
    loads: list[int] = []

    def load(organization_id: int, version: int, _before: Thing | None) -> Thing:
        loads.append(organization_id)
        if organization_id == 1:
            begun.set()
            assert may_end.wait(PATIENCE_SECONDS)
        return Thing(version)

    cache = VersionCache[Thing](load, store)

    def another() -> Thing:
        assert begun.wait(PATIENCE_SECONDS)
        found = cache.get(organization_id=2, version=1)
        may_end.set()
        return found

    found = together([*[lambda: cache.get(organization_id=1, version=1)] * 8, another])
    assert sorted(loads) == [1, 2]
    assert all(one is found[0] for one in found[:8])


def test_a_failed_load_leaves_the_entry_and_is_tried_again(store: CacheStore) -> None:
    answers: list[Thing | Exception] = [Thing(1), ValueError("the database is away"), Thing(2)]
    befores: list[Thing | None] = []

    def load(_organization_id: int, _version: int, before: Thing | None) -> Thing:
        befores.append(before)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    cache = VersionCache[Thing](load, store)
    first = cache.get(organization_id=1, version=1)
    with pytest.raises(ValueError, match="away"):
        cache.get(organization_id=1, version=2)
    assert cache.get(organization_id=1, version=1) is first
    assert cache.get(organization_id=1, version=2).version == 2
    assert befores == [None, first, first]
