"""Whole transactions on threads of their own: one hand-over each, where the asynchronous driver
makes one for every statement, every cursor and every commit.

A hand-over costs a tenth of a millisecond of processor time, and a job took nine of them.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine

from imgproxy_py.database.sqlite import READER, engine_for_threads

# A reader sees the state of its beginning and waits for nobody, so few are enough.
READERS = 3

T = TypeVar("T")


class Direct:
    """Synchronous connections to the database file of `url`, and the threads that use them."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for_threads(url, connections=READERS + 1)
        self._reader = self._engine.execution_options(**READER)
        # One writer: the next transaction of this process begins when the last has ended.
        self._writing = ThreadPoolExecutor(1, "database-writer")
        self._reading = ThreadPoolExecutor(READERS, "database-reader")

    async def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, once it is committed; when it raises, nothing is kept.

        Whoever is cancelled meanwhile stops waiting; a transaction that has begun goes on.
        """
        return await _on(self._writing, lambda: _written(self._engine, work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives; nothing that it did is kept."""
        return await _on(self._reading, lambda: _read(self._reader, work))

    async def dispose(self) -> None:
        """Wait for what runs, then close every connection."""
        for threads in (self._writing, self._reading):
            await asyncio.to_thread(threads.shutdown)
        self._engine.dispose()


async def _on(threads: ThreadPoolExecutor, call: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, call)


def _written(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def _read(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        return work(connection)
