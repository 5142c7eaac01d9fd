"""A server while it works on a batch: what its memory was, and what it said of its progress."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.processes import proportional_bytes, resident_bytes
from tests.web.server import API_KEY, RunningServer

# Asking costs the server something too.
WATCH_SECONDS = 5.0


@dataclass(kw_only=True)
class Watch:
    """What the server's memory and the batch's progress were, every few seconds."""

    server: RunningServer
    batch_id: str
    memory: list[tuple[float, int, int]] = field(default_factory=list)
    succeeded: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @contextmanager
    def watching(self) -> Iterator[None]:
        is_over = threading.Event()

        def watch() -> None:
            while not is_over.wait(WATCH_SECONDS):
                self.look()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def look(self) -> None:
        pid = self.server.pid
        self.memory.append((time.perf_counter(), resident_bytes(pid), proportional_bytes(pid)))
        answer = self.server.ask(
            "GET", f"/api/v1/batches/{self.batch_id}?limit=1", {"X-API-Key": API_KEY}
        )
        if answer.status != 200:
            return
        told = json.loads(answer.body)
        counts = [told[state] for state in ("queued", "running", "succeeded", "failed")]
        if sum(counts) != told["total_files"]:
            self.faults.append(f"{counts} are not {told['total_files']}")
        if self.succeeded and told["succeeded"] < self.succeeded[-1]:
            self.faults.append(f"{told['succeeded']} after {self.succeeded[-1]}")
        self.succeeded.append(told["succeeded"])


def tell_memory(watch: Watch) -> None:
    for name, at in (("start", 0), ("middle", len(watch.memory) // 2), ("end", -1)):
        _, resident, proportional = watch.memory[at]
        print(
            f"  server's memory, {name:6} {resident / 1e6:5.0f} MB resident, "
            f"{proportional / 1e6:5.0f} MB with shared pages counted once"
        )
