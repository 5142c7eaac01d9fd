"""What a child says reaches whoever asks, in whatever pieces it comes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from imgproxy_py.workers.frames import MAX_FRAME_BYTES, Frame, Kind, decode, encode
from imgproxy_py.workers.inbox import Inbox

LARGE = bytes(range(256)) * 1200


class Talk:
    """Both ends: `says` is the child's."""

    def __init__(self) -> None:
        ours, self.says = socket.socketpair()
        ours.setblocking(False)
        self.ours = ours
        self.inbox = Inbox(ours)

    def close(self) -> None:
        self.inbox.close()
        self.ours.close()
        self.says.close()


@pytest.fixture
async def talk() -> AsyncIterator[Talk]:
    talk = Talk()
    yield talk
    talk.close()


def frame(number: int, raw: bytes = b"") -> bytes:
    return encode(Kind.CANDIDATE, number, len(raw)) + raw


async def taken(talk: Talk) -> Frame:
    found = await asyncio.wait_for(talk.inbox.take(), 10)
    assert found is not None
    return found


async def test_frames_that_come_together_are_taken_one_by_one(talk: Talk) -> None:
    talk.says.sendall(frame(1, b"one") + frame(2) + frame(3, b"three"))

    found = [await taken(talk) for _ in range(3)]

    assert [decode(each.body, int) for each in found] == [1, 2, 3]
    assert [bytes(each.raw) for each in found] == [b"one", b"", b"three"]


async def test_a_frame_may_come_byte_by_byte(talk: Talk) -> None:
    waiting = asyncio.create_task(taken(talk))

    for byte in frame(7, b"bytes"):
        talk.says.send(bytes([byte]))
        await asyncio.sleep(0)

    found = await waiting
    assert (decode(found.body, int), bytes(found.raw)) == (7, b"bytes")


async def test_a_frame_longer_than_one_read_is_whole_and_the_next_one_too(talk: Talk) -> None:
    loop = asyncio.get_running_loop()
    sending = loop.run_in_executor(None, talk.says.sendall, frame(1, LARGE) + frame(2, LARGE[::-1]))

    first, second = await taken(talk), await taken(talk)

    await sending
    assert bytes(first.raw) == LARGE
    assert bytes(second.raw) == LARGE[::-1]


async def test_who_is_cancelled_in_the_middle_of_a_frame_leaves_it_to_the_next(talk: Talk) -> None:
    waiting = asyncio.create_task(talk.inbox.take())
    talk.says.sendall(frame(5, b"whole")[:-2])
    await asyncio.sleep(0.01)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting

    talk.says.sendall(b"le")

    assert bytes((await taken(talk)).raw) == b"whole"


async def test_who_is_cancelled_when_the_frame_has_just_come_leaves_it_too(talk: Talk) -> None:
    waiting = asyncio.create_task(talk.inbox.take())
    await asyncio.sleep(0)
    talk.says.sendall(frame(6, b"here"))
    talk.inbox._read()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting

    assert bytes((await taken(talk)).raw) == b"here"


async def test_nothing_more_is_read_before_a_frame_is_taken(talk: Talk) -> None:
    talk.says.sendall(frame(1))
    await taken(talk)
    talk.says.sendall(frame(2))
    await asyncio.sleep(0.01)
    talk.says.setblocking(False)
    sent = 0
    with suppress(BlockingIOError):
        while sent < 100 << 20:
            sent += talk.says.send(bytes(65_536))
            await asyncio.sleep(0)

    assert sent < 16 << 20


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="it closed"),
        pytest.param(frame(1, b"cut")[:-1], id="it closed in the middle of a frame"),
        pytest.param(b"\xff" + frame(1)[1:], id="a kind that there is not"),
        pytest.param(encode(Kind.DONE, None, MAX_FRAME_BYTES + 1), id="a frame beyond all measure"),
    ],
)
async def test_what_cannot_be_a_frame_is_the_end(talk: Talk, said: bytes) -> None:
    talk.says.sendall(said)
    talk.says.shutdown(socket.SHUT_WR)

    assert await asyncio.wait_for(talk.inbox.take(), 10) is None


async def test_closing_tells_who_waits(talk: Talk) -> None:
    waiting = asyncio.create_task(talk.inbox.take())
    await asyncio.sleep(0)

    talk.inbox.close()

    assert await asyncio.wait_for(waiting, 10) is None
