"""What aiohttp says when a fetch goes wrong, in our words.

Nothing of the library's own message is passed on: it names addresses.
"""

from collections.abc import Iterator, Mapping

import aiohttp

from imgproxy_py.sources.errors import (
    OriginFailed,
    OriginTimeout,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceNotPublic,
    SourceTruncated,
)
from imgproxy_py.sources.policy import NOT_PUBLIC
from imgproxy_py.sources.resolver import AddressNotPublic

ACCEPTED_STATUSES = frozenset({200, 203})


def connection_failure(error: Exception) -> SourceError:
    """The error of a request that brought no answer."""
    if any(isinstance(cause, AddressNotPublic) for cause in _causes(error)):
        return SourceNotPublic(NOT_PUBLIC)
    match error:
        case aiohttp.ConnectionTimeoutError():
            return OriginTimeout("the origin could not be connected in time")
        case TimeoutError():
            return OriginTimeout("the origin did not answer in time")
        case aiohttp.ClientConnectorDNSError():
            return SourceNotFound("the source's host name has no address")
        case aiohttp.ClientSSLError():
            return OriginFailed("the origin has no TLS certificate that could be trusted")
        case aiohttp.ClientConnectorError(os_error=ConnectionResetError()):
            return OriginFailed("the origin closed the connection")
        case aiohttp.ClientConnectorError(os_error=TimeoutError()):
            return OriginTimeout("the origin could not be connected in time")
        case aiohttp.ClientConnectorError():
            told = "nobody answers at the source's host and port"
            return SourceNotFound(told, is_passing=True)
        case aiohttp.ClientResponseError():
            return OriginFailed("the origin's answer is not valid HTTP")
        case _:
            return OriginFailed("the origin closed the connection without an answer")


def body_failure(error: Exception) -> SourceError:
    """The error of a body that did not arrive whole."""
    match error:
        case SourceError():
            return error
        case TimeoutError():
            return OriginTimeout("the origin did not send the whole source image in time")
        case _:
            return SourceTruncated("the origin's answer ended before the source image was complete")


def status_failure(status: int, headers: Mapping[str, str]) -> SourceError | None:
    """The error that an origin's final status stands for, None for an accepted one."""
    if status in ACCEPTED_STATUSES:
        return None
    kind: type[SourceError] = OriginFailed
    told = f"the origin answered {status}"
    if status in {401, 403}:
        kind, told = SourceForbidden, f"the origin refused to hand out the source image ({status})"
    elif status in {404, 410}:
        kind, told = SourceNotFound, f"the origin has no such source image ({status})"
    return kind(told, origin_status=status, headers=headers)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
