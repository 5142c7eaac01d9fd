"""A source as the workers see it: bytes in a file, perhaps still arriving."""

import asyncio
from typing import Protocol


class SourceFile(Protocol):
    """A `Spool`, or a second descriptor of one."""

    @property
    def bytes_written(self) -> int: ...
    @property
    def is_complete(self) -> bool: ...
    @property
    def has_ended(self) -> bool: ...
    @property
    def failure(self) -> Exception | None: ...

    def fileno(self) -> int: ...
    async def wait_progress(self, seen: int) -> int: ...


async def ended_within(source: SourceFile, seconds: float) -> bool:
    """True when the source has ended, well or badly, within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while not source.has_ended:
                await source.wait_progress(source.bytes_written)
    except TimeoutError:
        return False
    return True
