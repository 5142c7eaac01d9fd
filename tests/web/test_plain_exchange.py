"""Plain reads that take time, over real sockets: told beside h11, one after the other."""

import asyncio
import logging

import pytest

from tests.waiting import until
from tests.web.app_at_hand import KEPT_SECONDS, App, asking, connected, heads, serving


def waiting_app() -> App:
    app = App()
    app.may_answer.clear()
    return app


async def test_told_answers_and_those_at_hand_follow_each_other_on_one_connection() -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        answers = []
        for target in ("/told-1", "/hit-2", "/told-3", "/slow-4", "/told-5"):
            writer.write(asking(target))
            answers += await heads(reader, 1)

    assert answers == [
        "told /told-1",
        "at once /hit-2",
        "told /told-3",
        "common /slow-4",
        "told /told-5",
    ]


async def test_what_is_sent_behind_a_request_at_work_waits_for_its_answer() -> None:
    app = waiting_app()
    async with serving(app) as port, connected(port) as (reader, writer):
        writer.write(asking("/told-1"))
        await until(lambda: app.asked == ["told /told-1"])
        writer.write(asking("/hit-2"))
        await asyncio.sleep(0.05)
        assert app.asked == ["told /told-1"]
        app.may_answer.set()

        assert await heads(reader, 2) == ["told /told-1", "at once /hit-2"]


async def test_a_request_that_came_together_with_another_is_left_to_h11() -> None:
    app = App()
    async with serving(app) as port, connected(port) as (reader, writer):
        writer.write(asking("/told-1") + asking("/told-2"))

        assert await heads(reader, 2) == ["common /told-1", "common /told-2"]


async def test_the_story_hears_that_its_client_has_left() -> None:
    app = waiting_app()
    async with serving(app) as port:
        async with connected(port) as (_, writer):
            writer.write(asking("/told"))
            await until(lambda: app.asked == ["told /told"])

        await until(lambda: app.asked == ["told /told", "left /told"])


async def test_a_told_request_at_work_is_no_idle_connection_and_is_one_afterwards() -> None:
    app = waiting_app()
    async with (
        serving(app, keep_alive_timeout=KEPT_SECONDS / 4) as port,
        connected(port) as (reader, writer),
    ):
        writer.write(asking("/told"))
        await asyncio.sleep(KEPT_SECONDS)
        app.may_answer.set()

        assert await heads(reader, 1) == ["told /told"]
        assert await reader.read() == b""


async def test_a_server_that_stops_waits_for_a_told_answer_and_closes_behind_it() -> None:
    app = waiting_app()
    server = serving(app, graceful_timeout=20.0)
    async with connected(await server.__aenter__()) as (reader, writer):
        writer.write(asking("/told"))
        await until(lambda: app.asked == ["told /told"])
        stopping = asyncio.create_task(server.__aexit__(None, None, None))
        await asyncio.sleep(0.05)
        app.may_answer.set()

        assert await heads(reader, 1) == ["told /told"]
        assert await reader.read() == b""
        await stopping


async def test_told_requests_count_among_those_that_hypercorn_allows() -> None:
    async with (
        serving(App(), keep_alive_max_requests=2) as port,
        connected(port) as (reader, writer),
    ):
        answers = []
        for target in ("/told-1", "/told-2", "/told-3"):
            writer.write(asking(target))
            answers += await heads(reader, 1)

        assert answers == ["told /told-1", "told /told-2", "common /told-3"]
        assert await reader.read() == b""


async def test_a_story_that_fails_ends_its_connection_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR, logger="imgproxy_py")
    async with serving(App()) as port, connected(port) as (reader, writer):
        writer.write(asking("/told-broken"))

        assert await reader.read() == b""
    assert [record.message for record in caplog.records] == ["an answer could not be written"]
