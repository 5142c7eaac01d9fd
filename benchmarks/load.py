"""A small load generator: kept-alive connections that ask for one URL after another."""

import http.client
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Load:
    """Wall seconds of each request, in the order in which they ended."""

    seconds: list[float]
    wall_seconds: float

    @property
    def median(self) -> float:
        return sorted(self.seconds)[len(self.seconds) // 2]


def run_load(
    server_url: str,
    targets: Callable[[int], str],
    *,
    requests: int,
    connections: int,
    accept: str = "*/*",
) -> Load:
    """`requests` GETs spread over `connections`; any status but 200 is an error."""
    address = urlsplit(server_url)
    numbers = itertools.count()
    seconds: list[float] = []
    failures: list[str] = []

    def work() -> None:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
        while (number := next(numbers)) < requests and not failures:
            started = time.perf_counter()
            connection.request("GET", targets(number), headers={"Accept": accept})
            answer = connection.getresponse()
            body = answer.read()
            seconds.append(time.perf_counter() - started)
            if answer.status != 200:
                failures.append(f"{answer.status}: {body[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"a request failed with {failures[0]}")
    return Load(seconds=seconds, wall_seconds=time.perf_counter() - started)
