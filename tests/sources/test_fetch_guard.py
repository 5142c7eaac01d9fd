"""Nothing but public addresses is ever connected: shown by listeners that count who came."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path
from shutil import which

import pytest

from imgproxy_py.sources.errors import OriginFailed, SourceNotFound, SourceNotPublic
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.sources.policy import FetchPolicy
from imgproxy_py.sources.resolver import (
    AddressNotPublic,
    Lookup,
    SystemLookup,
    guarded_socket_factory,
)
from tests.sources.origin import ANY_PORT, LOOPBACK, Origin, loopback_policy, ok

STRICT = FetchPolicy(allowed_ports=ANY_PORT, connect_timeout_seconds=2.0)
# 127.0.0.2 stands for the public Internet, where nobody listens; 127.0.0.1 listens and is private.
# So even a guard that failed would send no packet off this machine.
GOOD_NEIGHBOR = loopback_policy(allowed_networks=(ip_network("127.0.0.2/32"),))
NOT_PUBLIC = "the source's host is not on the public Internet"

FetchWith = Callable[..., Awaitable[bytes]]


def answering(*answers: list[str]) -> Lookup:
    """A name server whose answers change from question to question; the last one stays."""
    left = list(answers)

    async def lookup(_: str) -> list[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return lookup


@pytest.fixture
async def fetch_with(tmp_path: Path) -> AsyncIterator[FetchWith]:
    """`fetch_with(url, policy, lookup=..., ssl_context=...)` gives the body."""
    fetchers: list[Fetcher] = []

    async def fetch_with(
        url: str,
        policy: FetchPolicy = STRICT,
        *,
        lookup: Lookup | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> bytes:
        fetcher = Fetcher(policy, resolver=lookup, ssl_context=ssl_context)
        fetchers.append(fetcher)
        await fetcher.start()
        async with await fetcher.fetch(url, spool_directory=tmp_path) as fetched:
            await fetched.spool.wait_ended()
            return fetched.spool.read()

    yield fetch_with
    for fetcher in fetchers:
        await fetcher.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "[64:ff9b::7f00:1]"]
)
async def test_a_private_host_is_not_public_and_never_connected(
    fetch_with: FetchWith, host: str
) -> None:
    async with Origin(ok()) as origin:
        with pytest.raises(SourceNotPublic) as caught:
            await fetch_with(origin.url(host=host))

    assert str(caught.value) == NOT_PUBLIC
    assert origin.connections == 0


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(["127.0.0.1"], id="only a private one"),
        pytest.param(["127.0.0.2", "127.0.0.1"], id="a good and a private one"),
        pytest.param(["127.0.0.1", "127.0.0.2"], id="a private and a good one"),
        pytest.param(["127.0.0.2", "::1"], id="a good and a private one of IPv6"),
        pytest.param(["::ffff:127.0.0.1"], id="a mapped one"),
        pytest.param(["fe80::1%lo"], id="one with a zone"),
    ],
)
async def test_a_name_with_any_private_answer_is_never_connected(
    fetch_with: FetchWith, answers: list[str]
) -> None:
    async with Origin(ok()) as origin:
        with pytest.raises(SourceNotPublic) as caught:
            await fetch_with(
                origin.url(host="pictures.example"), GOOD_NEIGHBOR, lookup=answering(answers)
            )

    assert str(caught.value) == NOT_PUBLIC
    assert origin.connections == 0


async def test_a_name_that_turns_private_between_two_answers_is_never_connected(
    fetch_with: FetchWith,
) -> None:
    """DNS rebinding. Each fetch has its own connections, so the second asks the name anew."""
    rebinding = answering(["127.0.0.2"], ["127.0.0.1"])
    async with Origin(ok()) as origin:
        url = origin.url(host="rebound.example")
        with pytest.raises(SourceNotFound, match="nobody answers"):
            await fetch_with(url, GOOD_NEIGHBOR, lookup=rebinding)
        with pytest.raises(SourceNotPublic):
            await fetch_with(url, GOOD_NEIGHBOR, lookup=rebinding)
        await asyncio.sleep(0)

    assert origin.connections == 0


async def test_the_socket_factory_sees_what_the_resolver_did_not(fetch_with: FetchWith) -> None:
    make_socket = guarded_socket_factory((ip_network("127.0.0.2/32"),))

    for address in ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1"]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with pytest.raises(AddressNotPublic):
            make_socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80)))
    make_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.2", 80))).close()


async def test_an_allowed_network_can_be_fetched_from(fetch_with: FetchWith) -> None:
    async with Origin(ok()) as origin:
        assert await fetch_with(origin.url(host="localhost"), loopback_policy()) == b"picture"


async def test_a_connection_of_one_account_is_not_lent_to_another(tmp_path: Path) -> None:
    fetcher = Fetcher(STRICT, resolver=answering(["127.0.0.1"]))
    await fetcher.start()
    async with Origin(ok()) as origin:
        url = origin.url(host="inside.example")
        inside = await fetcher.fetch(url, spool_directory=tmp_path, policy=loopback_policy())
        await inside.done
        with pytest.raises(SourceNotPublic):
            await fetcher.fetch(url, spool_directory=tmp_path)
        await inside.aclose()
        await fetcher.close()

    assert len(origin.requests) == 1


async def test_an_unknown_host_is_not_found(fetch_with: FetchWith) -> None:
    async def nobody(_: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(SourceNotFound, match="the source's host name has no address"):
        await fetch_with("http://unknown.invalid/a.png", lookup=nobody)


async def test_a_name_without_addresses_is_not_found(fetch_with: FetchWith) -> None:
    with pytest.raises(SourceNotFound, match="the source's host name has no address"):
        await fetch_with("http://empty.example/", lookup=answering([]))


async def test_a_port_where_nobody_listens_is_not_found(fetch_with: FetchWith) -> None:
    async with Origin(ok()) as origin:
        url = origin.url()
    with pytest.raises(SourceNotFound) as caught:
        await fetch_with(url, loopback_policy())

    assert type(caught.value) is SourceNotFound
    assert str(caught.value) == "nobody answers at the source's host and port"


async def test_the_system_resolves_localhost_to_loopback_only() -> None:
    lookup = SystemLookup(max_threads=1)
    try:
        assert set(await lookup("localhost")) <= {"127.0.0.1", "::1"}
    finally:
        lookup.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost that nobody has signed but itself, with its key."""
    openssl = which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    file = tmp_path / "origin.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    subprocess.run(
        [openssl, *made, "-keyout", str(file), "-out", str(tmp_path / "certificate")],
        check=True,
        capture_output=True,
    )
    file.write_bytes(file.read_bytes() + (tmp_path / "certificate").read_bytes())
    return file


async def test_https_needs_a_certificate_that_is_trusted(
    fetch_with: FetchWith, certificate: Path
) -> None:
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    policy = FetchPolicy(allowed_ports=ANY_PORT, allowed_networks=LOOPBACK)
    async with Origin(ok(), ssl_context=served) as origin:
        url = origin.url(host="localhost", scheme="https")
        with pytest.raises(OriginFailed, match="no TLS certificate that could be trusted"):
            await fetch_with(url, policy)
        assert origin.requests == []

        assert await fetch_with(url, policy, ssl_context=trusting) == b"picture"
        with pytest.raises(OriginFailed, match="no TLS certificate that could be trusted"):
            await fetch_with(url.replace("localhost", "127.0.0.1"), policy, ssl_context=trusting)
