"""A client that leaves while its picture is worked on: nobody waits, so nothing is made."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.order import Order
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.optimize import OptimizeApi
from imgproxy_py.web.incoming import ClientLeft, Incoming
from imgproxy_py.web.request_head import RequestHead
from tests.service.refining import MADE_AT

BODY = b'{"url": "https://a.example/b.jpg"}'


class EndlessDesk:
    """Works for ever; `was_given_up` once it was stopped."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.was_given_up = False

    async def fulfil(self, order: Order) -> Delivery:
        self.began.set()
        try:
            await asyncio.sleep(3600)
            raise AssertionError("nobody stopped it")
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # as a charge that is given back
            self.was_given_up = True
            raise


async def test_the_work_is_given_up_before_the_call_ends(tmp_path: Path) -> None:
    desk = EndlessDesk()
    messages: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    messages.put_nowait({"type": "http.request", "body": BODY, "more_body": False})
    limits = BodyLimits(
        spool_directory=tmp_path,
        max_source_bytes=1000,
        idle_timeout_seconds=5,
        total_timeout_seconds=5,
    )
    (route,) = OptimizeApi(desk=desk, limits=limits, public_url="http://x").routes()
    account = Account(id="a" * 32, username="ada", plan="free", created_at=MADE_AT)
    call = ApiCall(
        head=RequestHead(
            method="POST",
            raw_path=b"/api/optimize",
            query=b"",
            content_type="application/json",
        ),
        incoming=Incoming(messages.get),
        identity=Identity(account=account, plan=PLANS["free"]),
    )

    working = asyncio.ensure_future(route.handler(call))
    await asyncio.wait_for(desk.began.wait(), 5)
    messages.put_nowait({"type": "http.disconnect"})

    with pytest.raises(ClientLeft):
        await asyncio.wait_for(working, 5)
    assert desk.was_given_up is True
