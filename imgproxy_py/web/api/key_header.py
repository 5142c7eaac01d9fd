"""Where a client puts its API key: `X-API-Key: opt_…` or `Authorization: Bearer opt_…`."""

from imgproxy_py.accounts.errors import ApiKeyMissing
from imgproxy_py.web.request_head import RequestHead


def api_key_of(head: RequestHead) -> str:
    """The key as it was sent; ApiKeyMissing when neither header holds one.

    The scheme's name is taken in any case (RFC 9110, 11.1). A named header wins.
    """
    named = head.headers.get(b"x-api-key", "").strip()
    if named:
        return named
    scheme, _, credentials = head.headers.get(b"authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        return credentials.strip()
    raise ApiKeyMissing
