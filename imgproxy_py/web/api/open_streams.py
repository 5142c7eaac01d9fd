"""How many long exchanges an account may have open: each holds a connection, memory or disk."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from types import TracebackType
from typing import Any, Self

from imgproxy_py.jobs.errors import ChunksExceeded, JobsError, StreamsExceeded

MAX_STREAMS_PER_ACCOUNT = 16
# Fifty files of the greatest size each, on the disk until they are jobs.
MAX_CHUNKS_PER_ACCOUNT = 8


class OpenStreams:
    """Answers. Belongs to one process."""

    def __init__(
        self,
        *,
        max_streams: int = MAX_STREAMS_PER_ACCOUNT,
        refusal: Callable[[int], JobsError] = lambda most: StreamsExceeded(max_streams=most),
    ) -> None:
        self._max_streams = max_streams
        self._refusal = refusal
        self._open: Counter[str] = Counter()

    def claim(self, account_id: str) -> "Claim":
        """Room for one more; StreamsExceeded, or what `refusal` gives, when there is none."""
        if self._open[account_id] >= self._max_streams:
            raise self._refusal(self._max_streams)
        self._open[account_id] += 1
        return Claim(lambda: self._release(account_id))

    def _release(self, account_id: str) -> None:
        self._open[account_id] -= 1
        if self._open[account_id] == 0:
            del self._open[account_id]


def open_chunks(max_chunks: int = MAX_CHUNKS_PER_ACCOUNT) -> OpenStreams:
    """The same for chunks of batches that are being received; ChunksExceeded."""
    return OpenStreams(max_streams=max_chunks, refusal=lambda most: ChunksExceeded(max_chunks=most))


class Claim:
    """Given back at the end of its block, unless a stream holds it by then."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release: Callable[[], None] | None = release

    def hand_to(self, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """The same stream, which gives the claim back when it is closed, begun or not."""
        release, self._release = self._release, None
        assert release is not None
        return _ClaimingStream(stream, Claim(release))

    def release(self) -> None:
        """A second time is none."""
        release, self._release = self._release, None
        if release is not None:
            release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


class _ClaimingStream(AsyncGenerator[bytes, None]):
    """A generator's own `finally` does not run when it is closed before its first byte."""

    def __init__(self, stream: AsyncGenerator[bytes, None], claim: Claim) -> None:
        self._stream = stream
        self._claim = claim

    async def asend(self, value: None) -> bytes:
        return await self._stream.asend(value)

    async def athrow(self, *error: Any) -> bytes:
        return await self._stream.athrow(*error)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._claim.release()

    def __del__(self) -> None:
        self._claim.release()
