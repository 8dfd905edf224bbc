"""Load by threads of Python with keep-alive connections, where wrk isn't installed."""

import http.client
import itertools
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.bench.requests import Ids, Request, Tally


@dataclass
class _Shared:
    """What the threads of one run have in common."""

    request: Request
    address: str
    ids: Ids
    deadline: float
    counter: "itertools.count[int]" = field(default_factory=itertools.count)
    times: list[float] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)


def python_load(base_url: str, request: Request, ids: Ids, seconds: float, connections: int) -> Tally:
    """Ask on every connection, one request after the other, until the time is over."""
    began = time.monotonic()
    shared = _Shared(request, urlsplit(base_url).netloc, ids, began + seconds)
    threads = [threading.Thread(target=_ask, args=[shared]) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - began
    taken = next(shared.counter)
    times = sorted(shared.times) or [0.0]
    return Tally(
        requests=len(shared.times),
        seconds=elapsed,
        p50=times[len(times) // 2] * 1000,
        p99=times[len(times) * 99 // 100] * 1000,
        ids_taken=taken,
        exhausted=request.varies and ids.first + taken > ids.last,
        wrong=len(shared.samples),
        sample=(shared.samples or [""])[0],
    )


def _ask(shared: _Shared) -> None:
    request = shared.request
    headers = {"Content-Type": request.content_type}
    if request.authorization:
        headers["Authorization"] = request.authorization
    connection = http.client.HTTPConnection(shared.address, timeout=10)
    while (began := time.monotonic()) < shared.deadline:
        chosen = shared.ids.first + next(shared.counter)
        if request.varies and chosen > shared.ids.last:
            break
        try:
            path = request.path.replace("{id}", str(chosen))
            body = request.body.replace("{id}", str(chosen)) or None
            connection.request(request.method, path, body, headers)
            response = connection.getresponse()
            answer = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            shared.samples.append(repr(error))
            break
        shared.times.append(time.monotonic() - began)
        if response.status != request.status or not answer.startswith(request.good):
            shared.samples.append(f"{response.status} {answer[:300]}")
    connection.close()
