"""What is asked for again and again, and what a tool that asks has counted."""

from dataclasses import dataclass

CONNECTIONS = 8


class RunFailedError(Exception):
    """There is no number to report: something was answered wrongly, or not at all."""


@dataclass(frozen=True)
class Request:
    """One request; `{id}` in its path or body is another id each time. `good` is how every right answer begins.

    `connections` ask at a time; fewer where answers take so long that those under way would spoil the next run.
    """

    path: str
    method: str = "GET"
    body: str = ""
    authorization: str = ""
    good: str = '{"status":"ok"'
    content_type: str = "application/json"
    status: int = 200
    connections: int = CONNECTIONS

    @property
    def varies(self) -> bool:
        """Whether each request has an id of its own."""
        return "{id}" in self.path or "{id}" in self.body


@dataclass
class Ids:
    """The ids from `first` to `last` that no request has used yet."""

    first: int
    last: int

    def take(self, number: int) -> None:
        """Mark so many as used."""
        self.first += number


@dataclass(frozen=True)
class Tally:
    """What one run of a tool counted; times of answers in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    ids_taken: int
    exhausted: bool
    wrong: int
    sample: str
