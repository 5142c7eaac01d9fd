"""What a fetch may do: where it may go, how much it may bring, how long it may take."""

from dataclasses import dataclass, replace

from imgproxy_py.sources.addresses import Network, is_allowed
from imgproxy_py.sources.errors import SourceNotAllowed, SourceNotPublic
from imgproxy_py.sources.patterns import SourcePattern
from imgproxy_py.sources.url import SourceUrl
from imgproxy_py.sources.via import PSEUDONYM

NOT_PUBLIC = "the source's host is not on the public Internet"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """Settings of the server, or of one account.

    Timeouts: `connect` covers name, connection, TLS and the wait for a free connection;
    `first_byte` is the longest silence before the headers, and both together bound the headers
    whole; `idle` is the longest silence within the body; `total` covers everything, all hops
    included. `allowed_sources`, `denied_sources` and what one account
    may fetch (`account_sources`) hold for every hop.
    """

    allowed_networks: tuple[Network, ...] = ()
    allowed_ports: tuple[range, ...] = (range(80, 81), range(443, 444))
    allowed_sources: tuple[SourcePattern, ...] = ()
    denied_sources: tuple[SourcePattern, ...] = ()
    account_sources: tuple[SourcePattern, ...] = ()
    max_source_bytes: int = 50 * 1024 * 1024
    max_redirects: int = 5
    max_via_hops: int = 5
    via_token: str = PSEUDONYM
    connect_timeout_seconds: float = 5.0
    first_byte_timeout_seconds: float = 15.0
    idle_timeout_seconds: float = 10.0
    total_timeout_seconds: float = 60.0

    def within(self, account_sources: tuple[SourcePattern, ...]) -> "FetchPolicy":
        """This policy for an account that may fetch only what `account_sources` cover too."""
        if account_sources == self.account_sources:
            return self
        return replace(self, account_sources=account_sources)

    def check(self, url: SourceUrl) -> None:
        """Raise SourceNotAllowed or SourceNotPublic for a URL that may not be fetched.

        A name is checked again when it has become addresses, and an address when it is connected.
        """
        if not any(url.port in ports for ports in self.allowed_ports):
            raise SourceNotAllowed(f"sources on port {url.port} are not allowed")
        if any(pattern.covers_any(url) for pattern in self.denied_sources):
            raise SourceNotAllowed(f"sources from {url.host} are not allowed")
        for allowed in (self.allowed_sources, self.account_sources):
            if allowed and not any(pattern.covers_all(url) for pattern in allowed):
                raise SourceNotAllowed(f"sources from {url.host} are not allowed")
        address = url.address
        if address is not None and not is_allowed(address, self.allowed_networks):
            raise SourceNotPublic(NOT_PUBLIC)
