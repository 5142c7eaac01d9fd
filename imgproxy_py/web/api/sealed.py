"""Answers that hold a secret, sealed so that only who asked can have them said again.

The answer to a request with an `Idempotency-Key` lies in the database for a day. That of a new API
key holds its plaintext, which is kept nowhere; so it is encrypted with what only the client has:
the API key that it asked with, of which the database knows a hash.
"""

import hashlib
import secrets

_NONCE_BYTES = 16


def seal(plain: bytes, *, secret: str) -> bytes:
    """A nonce and the text, combined with a key stream that is never used again."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _combined(plain, nonce, secret)


def unseal(sealed: bytes, *, secret: str) -> bytes:
    """The text again; noise for whoever has another secret."""
    return _combined(sealed[_NONCE_BYTES:], sealed[:_NONCE_BYTES], secret)


def _combined(text: bytes, nonce: bytes, secret: str) -> bytes:
    # SHAKE256 with its key in front is a pseudorandom stream: sponges cannot be extended as
    # SHA-2 can (FIPS 202, A.2; the same is done by KMACXOF256, NIST SP 800-185).
    stream = hashlib.shake_256(nonce + secret.encode()).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))
