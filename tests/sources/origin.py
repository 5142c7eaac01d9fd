"""Origins that answer whatever a test wants them to, on a real socket, byte for byte."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from types import TracebackType
from typing import Self

from imgproxy_py.sources.policy import FetchPolicy

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ANY_PORT = (range(1, 65_536),)

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

Answer = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


class Request(bytes):
    """The raw head of one request."""

    @property
    def target(self) -> str:
        return self.split(b" ", 2)[1].decode("latin-1")

    def header(self, name: str) -> str | None:
        for line in self.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None


class Origin:
    """Listens on loopback; `requests` holds what it was asked, `connections` how often it was met.

    Answers are given in turn, the last one for ever.
    """

    def __init__(self, *answers: Answer | bytes, ssl_context: ssl.SSLContext | None = None) -> None:
        self._answers = list(answers)
        self._ssl = ssl_context
        self._handlers: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0

    def url(self, target: str = "/a.png", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{target}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._ssl)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        for writer in self._writers:  # also those whose handler never came to its first line
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._handlers.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                request = Request(await reader.readuntil(b"\r\n\r\n"))
                self.requests.append(request)
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                if isinstance(answer, bytes):
                    writer.write(answer)
                else:
                    await answer(request, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()


def ok(body: bytes = b"picture", *headers: str) -> bytes:
    """A whole answer with Content-Length; the connection stays open."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def status(line: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {line}", "Content-Length: 0", *headers, "", ""]).encode()


def redirect(location: str, line: str = "302 Found") -> bytes:
    return status(line, f"Location: {location}")


def then_close(data: bytes) -> Answer:
    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    return answer


def then_silence(data: bytes) -> Answer:
    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await asyncio.sleep(60)

    return answer


def drip(head: bytes, piece: bytes, *, every_seconds: float) -> Answer:
    """`head`, and then `piece` for ever."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            await writer.drain()
            await asyncio.sleep(every_seconds)
            writer.write(piece)

    return answer


def loopback_policy(**changes: object) -> FetchPolicy:
    """A policy for origins of this file: loopback counts as public, short limits."""
    settings: dict[str, object] = {
        "allowed_networks": LOOPBACK,
        "allowed_ports": ANY_PORT,
        "connect_timeout_seconds": 5.0,
        "first_byte_timeout_seconds": 5.0,
        "idle_timeout_seconds": 5.0,
        "total_timeout_seconds": 10.0,
    }
    return FetchPolicy(**(settings | changes))  # type: ignore[arg-type]
