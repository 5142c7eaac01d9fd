"""A real browser, driven over its DevTools protocol; nothing but loopback is reached."""

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--remote-debugging-port=0", "--window-size=1280,1000"),
)
_START_SECONDS = 30
_ANSWER_SECONDS = 20


class Tab:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)

    async def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command of the protocol and its answer; events in between are passed over."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(_ANSWER_SECONDS):
            while True:
                told: dict[str, Any] = await self._socket.receive_json()
                if told.get("id") == number:
                    assert "error" not in told, told
                    answer: dict[str, Any] = told["result"]
                    return answer

    async def value(self, script: str) -> Any:
        """What `script` is worth in the page; promises are waited for."""
        told = await self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def press(self, key: str) -> None:
        """One key, as a keyboard sends it."""
        code = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            extra = text if kind == "keyDown" else {}
            await self.ask(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **extra,
            )


@asynccontextmanager
async def opened_page(address: Path | str, profile: Path) -> AsyncIterator[Tab]:
    """A file or a URL in a fresh browser, loaded; skips where there is no Chromium."""
    url = address if isinstance(address, str) else address.as_uri()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here")
    process = subprocess.Popen(
        [program, *_FLAGS, f"--user-data-dir={profile}", url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session:
            port = await _port(profile / "DevToolsActivePort")
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                pages = await answer.json()
            page = next(one for one in pages if one["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Tab(socket)
                await _loaded(tab, url)
                yield tab
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


async def _port(file: Path) -> int:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
                return int(file.read_text().splitlines()[0])
            await asyncio.sleep(0.05)


async def _loaded(tab: Tab, url: str) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while await tab.value("[location.href, document.readyState]") != [url, "complete"]:
            await asyncio.sleep(0.05)
