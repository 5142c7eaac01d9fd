"""Answers that are at hand: a request that a stored result answers gets it where its head is read.

Hypercorn makes a task, two queues' worth of messages and two timers for each request. A hit needs
none of them: its story is told up to the first thing it would have to wait for, and where it comes
to its end before, the answer is written at once. Else nothing has happened, and the request takes
the common way.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

# Targets that were hits lately. Longer ones take the common way, so that memory has a bound.
MAX_TARGETS = 8192
MAX_TARGET_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A whole answer, as it is written.

    `lines` are its header fields, each ended by CRLF, but for those of framing and date: `length`
    is the Content-Length, None where there must be none. `body` is empty for HEAD and 304.
    """

    status: int
    lines: bytes
    length: int | None
    body: bytes | memoryview


# The whole answer to a request without a body, told by who is given its ASGI `receive`; None where
# the client has left before.
Story = Callable[[Callable[[], Awaitable[MutableMapping[str, Any]]]], Awaitable[Ready | None]]


class AtOnce(Protocol):
    """An ASGI application that has some answers at hand, and tells others as a whole."""

    def at_once(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]
    ) -> Ready | None:
        """The answer to a request without a body; None where it needs time. Header names are in
        lower case."""
        ...

    def story(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]
    ) -> Story | None:
        """How the same request is answered in time; None where ASGI alone can say."""
        ...


def result_at_once(story: Coroutine[Any, Any, T]) -> T | None:
    """What `story` returns if it need not wait for anything; it is broken off where it would.

    Only for what may be begun a second time. Its failures count as waiting: who begins anew meets
    them again.
    """
    try:
        story.send(None)
    except StopIteration as end:
        found: T = end.value
        return found
    except Exception:  # noqa: BLE001 (told when it happens again, on the common way)
        return None
    story.close()
    return None


class LatelyAtHand:
    """Targets that stored results have answered, least recently used first to go.

    Without it every request would ask the store twice for what it does not have.
    """

    def __init__(self, max_targets: int = MAX_TARGETS) -> None:
        self._max_targets = max_targets
        self._targets: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, target: bytes) -> bool:
        if target not in self._targets:
            return False
        self._targets.move_to_end(target)
        return True

    def add(self, target: bytes) -> None:
        if len(target) > MAX_TARGET_BYTES:
            return
        self._targets[target] = None
        self._targets.move_to_end(target)
        if len(self._targets) > self._max_targets:
            self._targets.popitem(last=False)

    def discard(self, target: bytes) -> None:
        self._targets.pop(target, None)
