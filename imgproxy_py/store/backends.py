"""Which store a URL means, and the limits of talking to it."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from obstore.store import MemoryStore, ObjectStore, S3Store

if TYPE_CHECKING:  # names that exist for type checkers alone
    from obstore.store import ClientConfig, RetryConfig

# A bucket that does not answer makes a request fail soon: it is a cache, not the only copy.
CLIENT_LIMITS: "ClientConfig" = {
    "connect_timeout": timedelta(seconds=2),
    "timeout": timedelta(seconds=20),
    "allow_http": True,  # where the operator's AWS_ENDPOINT says http; Amazon's own is https
}
RETRIES: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=5)}


def local_folder(url: str) -> Path | None:
    """The folder of a `file://` URL, made when missing; None for any other URL."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    folder = Path(unquote(parts.path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def open_store(url: str) -> ObjectStore:
    """The store of an `s3://` or `memory://` URL."""
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return MemoryStore()
    if scheme == "s3":
        # Credentials, region and endpoint by the names that AWS documents (AWS_ACCESS_KEY_ID …).
        return S3Store.from_url(url, client_options=CLIENT_LIMITS, retry_config=RETRIES)
    raise ValueError(f"results cannot be kept in {scheme}://")
