"""The API key of a tinify client: the password of HTTP Basic authentication (RFC 7617)."""

import base64
import binascii

from imgproxy_py.accounts.errors import ApiKeyMissing
from imgproxy_py.web.request_head import RequestHead


def basic_key(head: RequestHead) -> str | None:
    """The password as it was sent, None without the header; ApiKeyMissing when it holds none.

    Clients name the user `api`; only the password is looked at.
    """
    given = head.headers.get(b"authorization")
    if given is None:
        return None
    scheme, _, encoded = given.strip().partition(" ")
    if scheme.lower() != "basic":
        raise ApiKeyMissing
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ApiKeyMissing from error
    _, _, password = decoded.partition(":")
    if not password:
        raise ApiKeyMissing
    return password
