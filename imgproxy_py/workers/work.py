"""The conversation about one job: send it, tell how its source arrives, hear what comes back."""

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Protocol

from imgproxy_py.engine import errors
from imgproxy_py.engine.errors import EngineError
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Meta, Optimized, Verified
from imgproxy_py.workers import frames
from imgproxy_py.workers.forked import Child
from imgproxy_py.workers.frames import ErrorMessage, Frame, JobMessage, Kind
from imgproxy_py.workers.source_file import SourceFile

# News of an arriving source is sent at most this often.
_NEWS_SECONDS = 0.01

Outcome = Optimized | Meta | Verified


class Memory(Protocol):
    """Who gives a picture the memory that goes beyond what every child may use."""

    def granted(self, needed_bytes: int) -> AbstractAsyncContextManager[None]: ...


class Work:
    """One job on one child. `best` is the best candidate heard of so far."""

    def __init__(self, child: Child, spool: SourceFile, budget: Memory) -> None:
        self._child = child
        self._spool = spool
        self._budget = budget
        self._memory = AsyncExitStack()
        self._needed_bytes: int | None = None
        self._news: asyncio.Task[bool] | None = None
        self.best: Optimized | None = None

    async def answer(self, job: Job) -> Outcome:
        """The child's last word; raises its errors, and `ChildDied`."""
        self.begin(job)
        try:
            return await self.outcome()
        finally:
            await self.close()

    def begin(self, job: Job) -> None:
        """Hand the job over, and go on to tell of a source that still arrives, until `close`."""
        is_complete = self._spool.is_complete
        message = JobMessage(
            job=job, available_bytes=self._spool.bytes_written, is_complete=is_complete
        )
        self._child.send_job(message, self._spool.fileno())
        if not is_complete:
            self._news = asyncio.get_running_loop().create_task(self._tell_news())

    async def outcome(self) -> Outcome:
        """As `answer`, of what has begun. When it is cancelled, it may be called once more."""
        while True:
            if self._needed_bytes is not None:
                await self._grant(self._needed_bytes)
                self._needed_bytes = None
            frame = await self._child.receive()
            match frame.kind:
                case Kind.CANDIDATE:
                    self.best = frames.rejoined(frame)
                case Kind.DONE:
                    return frames.rejoined(frame)
                case Kind.META:
                    return _meta(frame)
                case Kind.VERIFIED:
                    return _verified(frame)
                case Kind.NEEDS_MEMORY:
                    self._needed_bytes = frames.decode(frame.body, int)
                case _:
                    raise _error(frames.decode(frame.body, ErrorMessage))

    async def close(self) -> None:
        """The child has said its last word, or never will: give back what was held for it."""
        try:
            # It waits for exactly one end of every arriving source (arrival.py).
            news, self._news = self._news, None
            if news is not None and (news.done() or news.cancel()):
                await self._end_news(news)
        finally:
            await self._memory.aclose()

    async def _grant(self, needed_bytes: int) -> None:
        await self._memory.enter_async_context(self._budget.granted(needed_bytes))
        await self._child.send(Kind.GRANTED)

    async def _tell_news(self) -> bool:
        """Tell how far the source has come; True once its end has been told."""
        seen = self._spool.bytes_written
        while not self._spool.has_ended:
            seen = await self._spool.wait_progress(seen)
            await self._child.send(Kind.ARRIVED, seen)
            await asyncio.sleep(_NEWS_SECONDS)
        await self._tell_end()
        return True

    async def _tell_end(self) -> None:
        kind = Kind.FAILED if self._spool.failure else Kind.ENDED
        await self._child.send(kind, self._spool.bytes_written)

    async def _end_news(self, news: "asyncio.Task[bool]") -> None:
        await asyncio.wait({news})
        if news.cancelled():
            await self._tell_end()


def _meta(frame: Frame) -> Meta:
    meta: Meta = frames.decode(frame.body, Meta)
    return meta


def _verified(frame: Frame) -> Verified:
    verified: Verified = frames.decode(frame.body, Verified)
    return verified


def _error(message: ErrorMessage) -> EngineError:
    """The engine's error again, by its code."""
    return _ERRORS.get(message.code, EngineError)(message.message)


_ERRORS = {
    error.code: error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, EngineError)
}
