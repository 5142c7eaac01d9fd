"""The `Via` header (RFC 9110, section 7.6.3): how we notice that a source leads back to us."""

from collections.abc import Iterable

from imgproxy_py.sources.errors import SourceLoop

# The name that we give in it.
PSEUDONYM = "imgproxy-py"


def hops_in(via_values: Iterable[str], token: str) -> int:
    """How many entries of these `Via` headers are ours, i.e. carry `token` as received-by."""
    entries = (entry.split() for value in via_values for entry in value.split(","))
    return sum(1 for entry in entries if len(entry) >= 2 and entry[1].lower() == token.lower())


def via_value(token: str, *, hops_seen: int, max_hops: int) -> str:
    """The header for a fetch made on behalf of a request that has passed us `hops_seen` times."""
    if hops_seen >= max_hops:
        raise SourceLoop(
            f"the source leads through this server more than {max_hops} times; "
            "is it an address of this server itself?"
        )
    return ", ".join([f"1.1 {token}"] * (hops_seen + 1))
