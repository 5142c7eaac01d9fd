"""News of jobs: they arrive, they are few, and a broker that fails loses no job."""

from collections.abc import AsyncGenerator

import pytest
from taskiq import AsyncBroker, InMemoryBroker

from imgproxy_py.jobs.broker import MAX_MESSAGES, News, make_broker
from tests.waiting import until


class Elsewhere(AsyncBroker):
    """Takes messages for workers in other processes."""

    def __init__(self) -> None:
        super().__init__()
        self.messages = 0

    async def kick(self, message: object) -> None:
        self.messages += 1

    def listen(self) -> AsyncGenerator[bytes, None]:
        raise AssertionError("nobody listens here")


async def test_every_submission_wakes_who_works_here_once() -> None:
    heard: list[int] = []
    news = News(make_broker("memory://"), lambda: heard.append(1))
    await news.start()
    await news.send(["a" * 32, "b" * 32])
    await until(lambda: len(heard) == 1)
    await news.send(["c" * 32])
    await until(lambda: len(heard) == 2)
    await news.close()


async def test_a_batch_of_any_size_is_a_bounded_number_of_messages() -> None:
    broker = Elsewhere()
    news = News(broker, lambda: None)

    await news.send([f"{number:032x}" for number in range(3)])
    few = broker.messages
    await news.send([f"{number:032x}" for number in range(50_000)])

    assert (few, broker.messages - few) == (3, MAX_MESSAGES)


async def test_a_dead_broker_is_logged_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    class Dead(InMemoryBroker):
        async def kick(self, message: object) -> None:
            raise ConnectionError("nobody there")

    news = News(Dead(), lambda: None)
    await news.send(["a" * 32])
    await news.close()

    assert caplog.messages == [
        "workers could not be told of new jobs; they will find them themselves"
    ]


def test_a_queue_that_we_cannot_speak_to_is_refused_by_its_scheme() -> None:
    with pytest.raises(ValueError, match=r"^jobs cannot wait in amqp://$"):
        make_broker("amqp://user:password@host/")
