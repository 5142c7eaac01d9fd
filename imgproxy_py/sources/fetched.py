"""A fetch whose headers are accepted and whose body is on its way into a spool."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from multidict import CIMultiDictProxy

from imgproxy_py.sources.errors import (
    OriginTimeout,
    SourceEncoded,
    SourceError,
    SourceTooLarge,
)
from imgproxy_py.sources.failures import body_failure, status_failure
from imgproxy_py.sources.spool import Spool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """`url` is the final one, without user-info; `headers` are the final answer's, `passed` those
    of the answers that led there, both as `joined` gives them.

    `done` ends, and never raises, when the body has: the spool then is complete or holds the
    reason. A 304 has an empty, complete spool. Whoever holds this value closes it.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    passed: tuple[Mapping[str, str], ...]
    spool: Spool
    done: "asyncio.Future[None]"

    async def aclose(self) -> None:
        """Stop fetching if it still goes on, and give the bytes back."""
        try:
            if self.done.cancel():  # it had not ended
                await asyncio.wait([self.done])  # unlike `await`, says nothing of how it ended
        finally:
            self.spool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


def joined(headers: CIMultiDictProxy[str]) -> Mapping[str, str]:
    """Headers by names in lower case, lines of one name joined (RFC 9110, section 5.3).

    What is not UTF-8, such as an `ETag` with the byte E9, aiohttp keeps as lone surrogates, which
    no record can hold: U+FFFD stands in their place.
    """
    found: dict[str, str] = {}
    for name, value in headers.items():
        name, text = name.lower(), _text(value)
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _text(value: str) -> str:
    if value.isascii():
        return value
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def check_answer(
    response: aiohttp.ClientResponse,
    headers: Mapping[str, str],
    *,
    is_conditional: bool,
    max_source_bytes: int,
) -> None:
    """Raise the SourceError that status or `headers` stand for, before a byte of the body is read.
    `headers` are the response's, `joined`."""
    if response.status == 304 and is_conditional:
        return
    failure = status_failure(response.status, headers)
    if failure is not None:
        raise failure
    codings = f"{headers.get('content-encoding', '')},{headers.get('transfer-encoding', '')}"
    for coding in codings.split(","):
        if coding.strip().lower() not in {"", "identity", "chunked"}:
            raise SourceEncoded("the origin sent a compressed body although none was asked for")
    announced = response.content_length
    if announced is not None and announced > max_source_bytes:
        raise SourceTooLarge(source_bytes=announced, max_source_bytes=max_source_bytes)


def receive_whole(response: aiohttp.ClientResponse, spool: Spool) -> bool:
    """Take a body that came together with its head, as small ones do: nothing has to wait for it.

    False, and nothing has happened, where more is to come.
    """
    if not response.content.is_eof() or response.content.exception() is not None:
        return False
    try:
        spool.write(response.content.read_nowait())
    except SourceError as error:
        spool.fail(error)
    response.release()
    spool.finish()
    return True


async def receive_body(
    response: aiohttp.ClientResponse, spool: Spool, *, ends_at: float, idle_timeout_seconds: float
) -> None:
    """Stream the body into the spool and end it, one way or the other; `ends_at` in loop time.

    aiohttp itself raises for a body that ends before its announced length or its last chunk.
    One timer is moved with each chunk: a task or a `wait_for` per chunk would cost more than
    reading it.
    """
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout_at(min(ends_at, clock() + idle_timeout_seconds)) as limit:
            async for chunk in response.content.iter_any():
                spool.write(chunk)
                limit.reschedule(min(ends_at, clock() + idle_timeout_seconds))
    except Exception as error:  # noqa: BLE001 - whatever it is, readers of the spool must hear of it
        failure = body_failure(error)
        failure.__cause__ = error if failure is not error else None
        spool.fail(failure)
    except BaseException:
        spool.fail(OriginTimeout("the fetch was given up"))
        raise
    finally:
        _let_go(response, is_clean=spool.failure is None)
    spool.finish()


def _let_go(response: aiohttp.ClientResponse, *, is_clean: bool) -> None:
    """Only a connection whose answer was read to its end can carry another one."""
    if is_clean:
        response.release()
    else:
        response.close()
