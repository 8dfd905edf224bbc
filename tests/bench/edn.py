"""How much faster than edn-format, measured in the same run: ratios carry over between machines, times do not."""

import logging
import sys
from collections.abc import Callable
from statistics import median
from time import process_time

import edn_format

from tests.bench.harness import Outcome, Scenario
from tests.bench.load import Measurement
from tests.bench.requests import Request
from traces.wire.edn import read, write

# Under the product's logging it would tell its grammar at every call: a comparison with that proves nothing.
logging.getLogger("edn_format").setLevel(logging.WARNING)
_ROUNDS = 150
_NO_REQUEST = Request("")
#: What `python -m tests.bench` reports: a name, and the goal and stretch of its ratio.
SCENARIOS = {
    "read": Scenario("EDN: read 1 KB", _NO_REQUEST, 8, 12, _NO_REQUEST, "edn-format"),
    "write": Scenario("EDN: write 1 KB", _NO_REQUEST, 5, None, _NO_REQUEST, "edn-format"),
}

#: A request of about 1 KB, with every kind of form a client sends.
REQUEST = r"""
{:app-token "D1-4f6a2c" :customer-id "51" :campaign/id #uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
 :requested-at #inst "2020-08-12T17:45:48.123-00:00" :channel :atm :placeholder/name "Hello, \"friend\" of ours"
 :limit 25 :ratio 0.75 :price 19.95M :active true :parent nil
 :segments [:young :urban :premium/gold :student]
 :products [{:product/id 1001 :product/name "Savings account" :product/rate 1.25 :product/tags #{:safe :liquid}}
            {:product/id 1002 :product/name "Investment fund" :product/rate 4.5 :product/tags #{:risk :growth}}
            {:product/id 1003 :product/name "Credit card" :product/rate 18.9 :product/tags #{:credit :travel}}]
 :filters (and (> :age 18) (< :age 65) (in :city ["Lisbon" "Porto" "Faro"]))
 :device {:os "android" :version "14.1" :screen {:width 1080 :height 2400} :locale "pt-PT"}
 :history [{:at #inst "2020-08-01T10:00:00.000-00:00" :event :view}
           {:at #inst "2020-08-02T11:30:00.000-00:00" :event :click}]}
"""


def _seconds(work: Callable[[], object], repeats: int) -> float:
    begun = process_time()
    for _ in range(repeats):
        work()
    return (process_time() - begun) / repeats


def _rounds(ours: Callable[[], object], theirs: Callable[[], object]) -> list[tuple[float, float]]:
    # Turn about and briefly, so that a machine that slows down slows both of a pair.
    return [(_seconds(ours, 10), _seconds(theirs, 1)) for _ in range(_ROUNDS)]


def times() -> dict[str, list[tuple[float, float]]]:
    """Return pairs of the seconds of one call, ours and edn-format's, for reading and for writing the request."""
    ours, theirs = read(REQUEST), edn_format.loads(REQUEST)
    if ours != theirs:
        raise AssertionError("the two readers disagree, so their times do not compare")
    return {
        "read": _rounds(lambda: read(REQUEST), lambda: edn_format.loads(REQUEST)),
        "write": _rounds(lambda: write(ours), lambda: edn_format.dumps(theirs)),
    }


def _ratio(pairs: list[tuple[float, float]]) -> float:
    return median(theirs / ours for ours, theirs in pairs)


def outcomes() -> list[Outcome]:
    """The rows of the bench: calls per second of CPU time, against edn-format's in the same rounds."""
    return [_outcome(SCENARIOS[what], pairs) for what, pairs in times().items()]


def _outcome(scenario: Scenario, pairs: list[tuple[float, float]]) -> Outcome:
    own = sorted(ours for ours, _ in pairs)
    usual, slow = median(own), own[len(own) * 99 // 100]
    reference = median(theirs for _, theirs in pairs)
    ratios = tuple(theirs / ours for ours, theirs in pairs)
    return Outcome(scenario, Measurement(1 / usual, usual * 1000, slow * 1000), 1 / reference, _ratio(pairs), ratios)


if __name__ == "__main__":
    for name, pairs in times().items():
        own, other = (min(column) * 1e6 for column in zip(*pairs, strict=True))
        sys.stdout.write(f"{name}: {own:.0f} us, edn-format {other:.0f} us at best; median ratio {_ratio(pairs):.1f}\n")
