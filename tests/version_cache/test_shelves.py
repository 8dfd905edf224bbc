"""What a process keeps of all organizations: bounded by bytes, the least recently used go first, a lock each."""

import threading
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from campaigns.decisions import version_cache as kept_module
from campaigns.decisions.version_cache import MEGABYTE, KeptByVersion, Shelves
from tests.together import PATIENCE_SECONDS, together


@dataclass(frozen=True)
class Thing:
    """Something that is kept."""

    version: int
    size: int = 0


@pytest.fixture
def shelves(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Shelves:
    """Shelves of the test's own, that hold a megabyte."""
    settings.DEFINITION_CACHE_MB = 1
    own = Shelves()
    monkeypatch.setattr(kept_module, "SHELVES", own)
    return own


class Loads:
    """A cache whose loads are noted; each thing takes a tenth of a megabyte."""

    def __init__(self, size: int = MEGABYTE // 10) -> None:
        self.loads: list[int] = []
        self.size = size
        self.cache = KeptByVersion[Thing](self._load)

    def _load(self, organization_id: int, version: int, _before: Thing | None) -> Thing:
        self.loads.append(organization_id)
        return Thing(version, self.size)

    def get(self, organization_id: int, version: int = 1) -> Thing:
        """What is kept of an organization."""
        return self.cache.get(organization_id=organization_id, version=version)

    def loaded_by(self, *organization_ids: int) -> list[int]:
        """Ask for these; which of them had to be loaded."""
        before = len(self.loads)
        for organization_id in organization_ids:
            self.get(organization_id)
        return self.loads[before:]


@pytest.mark.usefixtures("shelves")
def test_more_organizations_than_a_number_are_kept_where_they_fit() -> None:
    loads = Loads(size=1000)
    everybody = range(300)
    assert loads.loaded_by(*everybody) == list(everybody)
    for _ in range(3):
        assert loads.loaded_by(*everybody) == []


def test_what_does_not_fit_goes_in_the_order_in_which_it_was_last_asked_for(shelves: Shelves) -> None:
    loads = Loads()
    loads.loaded_by(*range(10))
    assert loads.loaded_by(0, 3, 1) == []
    # Two more: the two that were asked for least recently go, which are neither the oldest nor the largest.
    assert loads.loaded_by(10, 11) == [10, 11]
    assert [*shelves.by_organization] == [5, 6, 7, 8, 9, 0, 3, 1, 10, 11]
    assert loads.loaded_by(0, 1, 3, 5, 6) == []
    assert loads.loaded_by(2) == [2]
    assert 7 not in shelves.by_organization
    assert shelves.size == sum(one.size for one in shelves.by_organization.values()) <= MEGABYTE


def test_three_hundred_organizations_round_robin_stay_within_the_bound(shelves: Shelves) -> None:
    loads = Loads()
    for _ in range(3):
        loads.loaded_by(*range(300))
        assert len(shelves.by_organization) == 10
        assert shelves.size <= MEGABYTE
    assert len(loads.loads) == 900


def test_what_is_kept_of_one_organization_counts_and_goes_together(shelves: Shelves) -> None:
    one, other = Loads(), Loads(size=MEGABYTE // 2)
    one.get(1)
    other.get(1)
    assert shelves.size == MEGABYTE // 10 + MEGABYTE // 2
    one.get(2)
    assert other.loaded_by(2) == [2]
    assert [*shelves.by_organization] == [2]
    assert one.loaded_by(1) == [1]
    assert other.loaded_by(1) == [1]


def test_one_that_is_larger_than_the_bound_is_kept_alone(shelves: Shelves) -> None:
    small, large = Loads(), Loads(size=2 * MEGABYTE)
    small.get(1)
    assert large.loaded_by(2, 2, 2) == [2]
    assert [*shelves.by_organization] == [2]
    assert large.get(2, version=2).version == 2
    assert shelves.size == 2 * MEGABYTE
    small.get(3)
    assert (shelves.size, [*shelves.by_organization]) == (MEGABYTE // 10, [3])


@pytest.mark.usefixtures("shelves")
def test_what_is_older_than_asked_for_is_brought_up_to_date_and_newer_stays() -> None:
    loads = Loads()
    assert loads.get(1, version=3).version == 3
    assert loads.get(1, version=2).version == 3
    assert loads.get(1, version=4).version == 4
    assert loads.loads == [1, 1]


@pytest.mark.usefixtures("shelves")
def test_two_organizations_are_loaded_at_once() -> None:
    meeting = threading.Barrier(2)

    def load(_organization_id: int, version: int, _before: Thing | None) -> Thing:
        # Neither goes on before the other one has begun.
        meeting.wait(PATIENCE_SECONDS)
        return Thing(version)

    cache = KeptByVersion[Thing](load)
    found = together([partial(cache.get, organization_id=key, version=key) for key in (1, 2)])
    assert [one.version for one in found] == [1, 2]


@pytest.mark.usefixtures("shelves")
def test_many_who_ask_at_once_load_once_and_hold_up_nobody_else() -> None:
    begun, may_end = threading.Event(), threading.Event()
    loads: list[int] = []

    def load(organization_id: int, version: int, _before: Thing | None) -> Thing:
        loads.append(organization_id)
        if organization_id == 1:
            begun.set()
            assert may_end.wait(PATIENCE_SECONDS)
        return Thing(version)

    cache = KeptByVersion[Thing](load)

    def another() -> Thing:
        assert begun.wait(PATIENCE_SECONDS)
        found = cache.get(organization_id=2, version=1)
        may_end.set()
        return found

    found = together([*[lambda: cache.get(organization_id=1, version=1)] * 8, another])
    assert sorted(loads) == [1, 2]
    assert all(one is found[0] for one in found[:8])


@pytest.mark.usefixtures("shelves")
def test_a_load_that_fails_keeps_what_was_there_and_is_tried_again() -> None:
    answers: list[Thing | Exception] = [Thing(1), ValueError("the database is away"), Thing(2)]
    befores: list[Thing | None] = []

    def load(_organization_id: int, _version: int, before: Thing | None) -> Thing:
        befores.append(before)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    cache = KeptByVersion[Thing](load)
    first = cache.get(organization_id=1, version=1)
    with pytest.raises(ValueError, match="away"):
        cache.get(organization_id=1, version=2)
    assert cache.get(organization_id=1, version=1) is first
    assert cache.get(organization_id=1, version=2).version == 2
    assert befores == [None, first, first]
