"""Load by wrk: one thread of C costs the server under load the least of its two cores."""

import subprocess
from pathlib import Path

from tests.bench.requests import Ids, Request, RunFailedError, Tally

SCRIPT = Path(__file__).with_name("wrk.lua")
THREADS = 1
MICROSECONDS = 1_000_000


def wrk_load(base_url: str, request: Request, ids: Ids, seconds: float, connections: int) -> Tally:
    """Run wrk (which counts in whole seconds) with the script beside this module."""
    options = ["--threads", THREADS, "--connections", connections, "--duration", f"{max(1, round(seconds))}s"]
    script = ["--timeout", "10s", "--script", SCRIPT, base_url, "--"]
    arguments = [request.method, request.path, request.body, request.authorization, request.good, ids.first, ids.last]
    arguments += [request.content_type, request.status]
    command = ["wrk", *map(str, [*options, *script, *arguments])]
    process = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    for line in process.stdout.splitlines():
        if line.startswith("RESULT\t"):
            return _tally(line.split("\t")[1:])
    raise RunFailedError(f"wrk said nothing of use: {process.stdout} {process.stderr}")


def _tally(columns: list[str]) -> Tally:
    requests, duration, p50, p99, handed, exhausted, wrong = map(int, columns[:7])
    return Tally(
        requests=requests,
        seconds=duration / MICROSECONDS,
        p50=p50 / 1000,
        p99=p99 / 1000,
        ids_taken=handed,
        exhausted=bool(exhausted),
        wrong=wrong,
        sample=columns[7],
    )
