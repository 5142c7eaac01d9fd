"""Names become addresses here, and no connection is made to an address that was not checked.

Two guards for one rule. The resolver refuses a name unless every answer may be reached, so one
good answer among bad ones opens nothing. The socket factory sees the very address that is about
to be connected, so neither an address written as a host nor an answer that changes between two
questions (DNS rebinding) gets past it.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from imgproxy_py.sources.addresses import Network, is_allowed, read_address

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""A name's addresses as text; OSError when it has none."""

AddrInfo = tuple[Any, ...]


class AddressNotPublic(OSError):
    """An OSError, because connection code only passes those on as what they are."""


class SystemLookup:
    """The system's resolver in threads of its own: a slow name server blocks nothing else."""

    def __init__(self, *, max_threads: int = 16) -> None:
        self._threads = ThreadPoolExecutor(max_threads, thread_name_prefix="resolver")

    async def __call__(self, host: str) -> list[str]:
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._threads, _system_answers, host)
        return list(dict.fromkeys(answers))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedResolver(AbstractResolver):
    """Resolves a name only when every one of its addresses may be reached."""

    def __init__(self, lookup: Lookup, allowed_networks: tuple[Network, ...]) -> None:
        self._lookup = lookup
        self._allowed_networks = allowed_networks

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        answers = await self._lookup(host)
        if not answers:
            raise OSError("the name has no address")
        for answer in answers:
            check_connectable(answer, self._allowed_networks)
        return [_resolve_result(host, answer, port) for answer in answers]

    async def close(self) -> None:
        """The lookup belongs to whoever made it."""


def guarded_socket_factory(
    allowed_networks: tuple[Network, ...],
) -> Callable[[AddrInfo], socket.socket]:
    """A socket factory that looks at the address before there is a socket to connect."""

    def make_socket(info: AddrInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        check_connectable(address[0], allowed_networks)
        return socket.socket(family, kind, protocol)

    return make_socket


def check_connectable(text: str, allowed_networks: tuple[Network, ...]) -> None:
    """Raise AddressNotPublic unless `text` is an address that may be reached."""
    address = read_address(text)
    if address is None or not is_allowed(address, allowed_networks):
        raise AddressNotPublic("not a public address")


def _system_answers(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for _, _, _, _, address in found]


def _resolve_result(host: str, answer: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=answer,
        port=port,
        family=socket.AF_INET6 if ":" in answer else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
