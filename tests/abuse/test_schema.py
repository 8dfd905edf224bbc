"""`/schema/` is for whoever asks, as often as they like: each process builds it once, and all of them the same."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.abuse.server import Server, lines_in

# What an anonymous client may vary, by the format that it is answered in.
ASKED = {
    "yaml": ("/schema/", "/schema/?format=yaml", "/schema/?format=nonsense", "/schema/?unknown=1"),
    "json": ("/schema/?format=json", "/schema/?format=json&unknown=1"),
}
TIMES, AT_ONCE = 8, 8


def test_each_process_builds_it_once(server: Server) -> None:
    with server.beside() as fresh, ThreadPoolExecutor(AT_ONCE) as strangers:
        etags = {kind: _etag(fresh, strangers, paths) for kind, paths in ASKED.items()}
        for kind, paths in ASKED.items():
            known = [fresh.ask("GET", path, headers={"If-None-Match": etags[kind]}) for path in paths * TIMES]
            assert {(answer.status, answer.data) for answer in known} == {(304, b"")}
        built = Counter((line["process"], line["format"]) for line in lines_in(fresh.log, "schema_built"))
        assert not fresh.faults(since=0)
    assert {kind for _, kind in built} == set(ASKED)
    assert set(built.values()) == {1}, built


def _etag(fresh: Server, strangers: ThreadPoolExecutor, paths: tuple[str, ...]) -> str:
    """By what all these answers are known, whatever process has given them: they are one document."""
    answers = list(strangers.map(lambda path: fresh.ask("GET", path), paths * TIMES))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    (etag,) = {answer.headers["ETag"] for answer in answers}
    return etag
