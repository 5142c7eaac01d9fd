"""Writing a little later: together, alone, again when it fails, and at the end."""

import asyncio

import pytest

from imgproxy_py.accounts.write_behind import WriteBehind
from tests.waiting import until


class Pages:
    """Writes down what has gathered; may be slow, and may fail a few times."""

    def __init__(self, *, failures: int = 0, seconds: float = 0.0) -> None:
        self.gathered: list[int] = []
        self.written: list[list[int]] = []
        self.writing = self.most_writing = 0
        self._failures = failures
        self._seconds = seconds

    async def write(self) -> None:
        taken, self.gathered = self.gathered, []
        self.writing += 1
        self.most_writing = max(self.most_writing, self.writing)
        await asyncio.sleep(self._seconds)
        self.writing -= 1
        if self._failures:
            self._failures -= 1
            self.gathered = taken + self.gathered
            raise ConnectionError("the database is away")
        self.written.append(taken)


async def test_what_comes_in_the_meantime_is_written_together() -> None:
    pages = Pages()
    later = WriteBehind(pages.write, seconds=0.05)

    for number in range(5):
        pages.gathered.append(number)
        later.arm()
    assert pages.written == []
    await until(lambda: bool(pages.written))

    assert pages.written == [[0, 1, 2, 3, 4]]
    await later.close()


async def test_only_one_writes_at_a_time() -> None:
    pages = Pages(seconds=0.02)
    later = WriteBehind(pages.write, seconds=0.001)

    later.arm()
    await asyncio.gather(*(later.now() for _ in range(4)))
    await later.close()

    assert pages.most_writing == 1


async def test_a_failure_is_tried_again_until_it_is_none() -> None:
    pages = Pages(failures=2)
    later = WriteBehind(pages.write, seconds=0.01)
    pages.gathered.append(1)
    later.arm()

    await until(lambda: bool(pages.written))

    assert pages.written == [[1]]
    await later.close()


async def test_who_asks_for_it_now_hears_of_a_failure() -> None:
    later = WriteBehind(Pages(failures=1).write, seconds=60)

    with pytest.raises(ConnectionError, match="the database is away"):
        await later.now()


async def test_the_end_waits_for_a_writing_under_way_and_writes_what_came_since() -> None:
    pages = Pages(seconds=0.3)
    later = WriteBehind(pages.write, seconds=0.01)
    pages.gathered.append(1)
    later.arm()
    await until(lambda: pages.writing > 0)
    pages.gathered.append(2)

    await later.close()

    assert pages.written == [[1], [2]]
