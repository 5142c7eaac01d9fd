"""The story of a push: recall → send → look → fetch, all at the same time, until all have ended.

What the last run has left is recalled from the server. Chunks go out while results come back;
news of the batch says when to look.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.cli.push.batch import Batch
from imgproxy_py.cli.push.body import ChunkBody
from imgproxy_py.cli.push.bring import MAX_TOGETHER, bring, is_enough
from imgproxy_py.cli.push.chunks import Chunk
from imgproxy_py.cli.push.errors import PushError
from imgproxy_py.cli.push.events import follow
from imgproxy_py.cli.push.ledger import Ended, Ledger
from imgproxy_py.cli.push.outcomes import failed_outcome
from imgproxy_py.cli.push.piece import Piece
from imgproxy_py.cli.push.places import Place
from imgproxy_py.cli.push.show import Show
from imgproxy_py.moments import utc_now

# Two keep the line busy while the server stores what one of them brought.
UPLOADS = 2
# A result that is lost twice after it was made is not worth a fourth try.
MAX_ROUNDS = 3
# Between two looks at the batch: at least, so that each finds a good many, and at most. When the
# server says that all is done, there is nothing to wait for.
_LOOK_SECONDS = 2.0
_LOOK_ANYWAY_SECONDS = 5.0
# Behind so many in a row that have not ended, hardly any has: servers work on fewer at a time.
_AT_WORK = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All pictures, how they go out, where their results go, and how many at a time."""

    pieces: tuple[Piece, ...]
    chunks: tuple[Chunk, ...]
    place: Place
    downloads: int


class Push:
    """One run. `outcomes` are by file name (piece.py) and grow while it goes on."""

    def __init__(self, batch: Batch, plan: Plan, show: Show) -> None:
        self._batch = batch
        self._plan = plan
        self._show = show
        self._ledger = Ledger(plan.pieces)
        self._made: asyncio.Queue[Ended] = asyncio.Queue(maxsize=plan.downloads * MAX_TOGETHER)
        self._news = asyncio.Event()
        self._done = asyncio.Event()
        self.outcomes: dict[str, Outcome] = {}

    async def run(self) -> None:
        """Until every picture has ended. Raises PushError."""
        try:
            async with asyncio.TaskGroup() as group:
                helpers = [group.create_task(self._fetch()) for _ in range(self._plan.downloads)]
                await self._recall()
                helpers.append(group.create_task(follow(self._batch, self._hear)))
                await self._rounds(group)
                for helper in helpers:
                    helper.cancel()
        except BaseExceptionGroup as errors:
            raise _first_push_error(errors) from None

    async def _recall(self) -> None:
        known = await self._batch.known()
        await self._take_in(self._ledger.recall(known, now=utc_now()))

    async def _rounds(self, group: asyncio.TaskGroup) -> None:
        for _ in range(MAX_ROUNDS):
            sending = group.create_task(self._send(group))
            sending.add_done_callback(lambda _: self._done.set())
            await self._look()
            while self._ledger.is_waiting or not sending.done():
                await self._pause()
                await self._look()
            await self._made.join()
            if not self._ledger.to_send:
                return
        for piece in self._plan.pieces:
            if piece.filename in self._ledger.to_send:
                self._end(piece, failed_outcome(piece.picture, _LOST))

    async def _send(self, group: asyncio.TaskGroup) -> None:
        chunks = _left(self._plan.chunks, self._ledger.to_send)
        self._show.expect(send_bytes=sum(chunk.size_bytes for chunk in chunks))
        waiting = iter(chunks)

        async def send_some() -> None:
            for chunk in waiting:
                await self._send_chunk(chunk)

        senders = [group.create_task(send_some()) for _ in range(UPLOADS)]
        await asyncio.wait(senders)

    async def _send_chunk(self, chunk: Chunk) -> None:
        key = chunk.key(self._batch.id, self._ledger.tries)
        fields = {"client_batch_id": self._batch.id, "options": chunk.options}
        body = ChunkBody(chunk=chunk, fields=fields, boundary=key)
        taken = await self._batch.take(body, key, self._show.sent)
        await self._take_in(list(self._ledger.note_taken(chunk, taken)))

    async def _look(self) -> None:
        """Read of the batch what may have ended: jobs end nearly in the order of their numbers."""
        after = -1
        while (number := self._ledger.next_awaited(after)) is not None:
            items, has_more = await self._batch.page(after=number - 1)
            await self._take_in(list(self._ledger.note_items(items, now=utc_now())))
            if not has_more or not any(item.has_ended for item in items[-_AT_WORK:]):
                return
            after = items[-1].number

    async def _pause(self) -> None:
        if not await _is_set_within(_LOOK_SECONDS, self._done):
            await _is_set_within(_LOOK_ANYWAY_SECONDS - _LOOK_SECONDS, self._news)
        self._done.clear()
        self._news.clear()

    def _hear(self, is_done: bool) -> None:
        self._news.set()
        if is_done:
            self._done.set()

    async def _take_in(self, ended: Sequence[Ended]) -> None:
        for each in ended:
            if each.fault is None:
                await self._made.put(each)
            else:
                piece = each.piece
                outcome = failed_outcome(piece.picture, each.fault, source_bytes=piece.size_bytes)
                self._end(piece, outcome)

    async def _fetch(self) -> None:
        while True:
            group = [await self._made.get()]
            while not (self._made.empty() or is_enough(group)):
                group.append(self._made.get_nowait())
            try:
                await self._bring(group)
            finally:
                for _ in group:
                    self._made.task_done()

    async def _bring(self, group: Sequence[Ended]) -> None:
        async for piece, outcome in bring(self._batch, self._plan.place, group):
            if outcome is None:
                self._ledger.send_again(piece)
            else:
                self._end(piece, outcome)

    def _end(self, piece: Piece, outcome: Outcome) -> None:
        self.outcomes[piece.filename] = outcome
        self._show.done(len(self.outcomes), len(self._plan.pieces))


_LOST = "its result was gone whenever it was made; look at RESULT_TTL_SECONDS of the server"


async def _is_set_within(seconds: float, event: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


def _left(chunks: Sequence[Chunk], to_send: frozenset[str]) -> list[Chunk]:
    """Cut as at first, so that a chunk which may have arrived goes out under the same key."""
    left = (chunk.only(to_send) for chunk in chunks)
    return [chunk for chunk in left if chunk.pieces]


def _first_push_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong first; the rest of a group is what it took along."""
    for error in errors.exceptions:
        found = _first_push_error(error) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(found, PushError):
            return found
    return errors
