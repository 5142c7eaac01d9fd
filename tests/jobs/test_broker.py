"""News of jobs: they arrive, they are few, and a broker that fails loses no job."""

import asyncio

import pytest
from taskiq import InMemoryBroker

from imgproxy_py.jobs.broker import MAX_MESSAGES, News, make_broker
from tests.waiting import until


async def test_every_message_wakes_who_works() -> None:
    heard: list[int] = []
    news = News(make_broker("memory://"), lambda: heard.append(1))
    await news.start()
    await news.send(["a" * 32, "b" * 32])
    await until(lambda: len(heard) == 2)
    await news.close()


async def test_a_batch_of_any_size_is_a_bounded_number_of_messages() -> None:
    heard: list[int] = []
    news = News(make_broker("memory://"), lambda: heard.append(1))
    await news.start()
    await news.send([f"{number:032x}" for number in range(50_000)])
    await asyncio.sleep(0.1)
    await news.close()

    assert len(heard) == MAX_MESSAGES


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
