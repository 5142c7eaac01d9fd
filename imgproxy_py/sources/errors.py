"""What can go wrong between asking for a source image and having its bytes.

ImgproxyError
└── SourceError
    ├── SourceUrlInvalid      the URL cannot be read, or hides its host behind a numeric trick
    ├── SourceNotAllowed      the port or the host is closed by this server's settings
    ├── SourceForbidden       the origin wants somebody else (401, 403)
    ├── SourceNotFound        no such host, nobody listens, or the origin has no such file
    │   └── SourceNotPublic   the host is not on the public Internet
    ├── SourceTooLarge        more bytes than a source may have; uploads too
    ├── SourceLoop            the source leads through this server again and again
    ├── OriginTimeout         the origin took too long to connect, answer or send
    ├── OriginFailed          the origin answered, but not with a source image
    │   ├── SourceEncoded     the body is compressed, which nobody asked for
    │   ├── SourceTruncated   the body is shorter than announced
    │   └── RedirectFailed
    │       ├── RedirectLimit     too many hops
    │       ├── RedirectLoop      a hop that was made before
    │       └── RedirectInvalid   a hop to no http or https URL
    ├── SpoolFailed           this server has no room for the source's bytes
    └── UploadError
        ├── UploadEmpty       a request without a body, or a file without bytes
        ├── UploadMissing     a form without a file
        ├── UploadMalformed   a form that cannot be read, or asks for too much
        ├── UploadTooMany     more files than one request may carry
        └── UploadTimeout     the client stopped sending
"""

from collections.abc import Mapping
from typing import Self

from imgproxy_py.errors import ImgproxyError


class SourceError(ImgproxyError):
    """A source image could not be had.

    `origin_status` is the HTTP status that the origin answered with, None where there was none, and
    `headers` are that answer's, by names in lower case. `is_passing`: the next moment may be
    another. `remembered_until` (Unix seconds) is set in an error that was not met just now: until
    then the origin is not asked again.
    """

    code = "source_error"

    def __init__(
        self,
        message: str = "",
        *,
        origin_status: int | None = None,
        headers: Mapping[str, str] | None = None,
        is_passing: bool = False,
    ) -> None:
        super().__init__(message)
        self.origin_status = origin_status
        self.headers: Mapping[str, str] = headers or {}
        self.is_passing = is_passing
        self.remembered_until: float | None = None

    def again(self) -> Self:
        """The same error for somebody else: what is raised carries the trace of one task only."""
        other = type(self).__new__(type(self), *self.args)
        other.__dict__.update(self.__dict__)
        return other


class SourceUrlInvalid(SourceError):
    """The source URL cannot be read."""

    code = "source_url_invalid"


class SourceNotAllowed(SourceError):
    """This server's settings close the source's host or port."""

    code = "source_not_allowed"


class SourceForbidden(SourceError):
    """The origin refused to hand out the source."""

    code = "source_forbidden"


class SourceNotFound(SourceError):
    """There is no such host, nobody listens there, or it has no such file."""

    code = "source_not_found"


class SourceNotPublic(SourceNotFound):
    """The source's host is not on the public Internet. The message never holds the address."""

    code = "source_not_public"


class SourceTooLarge(SourceError):
    """The source image has more bytes than this server accepts.

    `source_bytes` is None where the length was not announced and reading stopped at the limit.
    """

    code = "source_too_large"

    def __init__(self, *, source_bytes: int | None, max_source_bytes: int) -> None:
        self.source_bytes = source_bytes
        self.max_source_bytes = max_source_bytes
        size = "larger than that" if source_bytes is None else f"{source_bytes} bytes"
        super().__init__(
            f"a source image may have at most {max_source_bytes} bytes; this one is {size}"
        )


class SourceLoop(SourceError):
    """The source leads through this server more often than it may."""

    code = "source_loop"


class OriginTimeout(SourceError):
    """The origin did not connect, answer or send in time."""

    code = "origin_timeout"


class OriginFailed(SourceError):
    """The origin did not answer with a source image."""

    code = "origin_failed"


class SourceEncoded(OriginFailed):
    """The origin sent a coding (gzip, br ...) although none was asked for."""

    code = "source_encoded"


class SourceTruncated(OriginFailed):
    """The origin's body ended before it was complete."""

    code = "source_truncated"


class RedirectFailed(OriginFailed):
    """The origin sent us somewhere we do not go."""

    code = "redirect_failed"


class RedirectLimit(RedirectFailed):
    """The origin redirects more often than we follow."""

    code = "redirect_limit"


class RedirectLoop(RedirectFailed):
    """The origin redirects to a URL that was already asked for."""

    code = "redirect_loop"


class RedirectInvalid(RedirectFailed):
    """The origin redirects to something that is no source URL."""

    code = "redirect_invalid"


class SpoolFailed(SourceError):
    """The disk (or memory) of this server would not take the source's bytes."""

    code = "spool_failed"


class UploadError(SourceError):
    """An upload could not be read."""

    code = "upload_error"


class UploadEmpty(UploadError):
    """The request has no body, or the uploaded file has no bytes."""

    code = "upload_empty"


class UploadMissing(UploadError):
    """The form holds no file."""

    code = "upload_missing"


class UploadMalformed(UploadError):
    """The form cannot be read, or is larger in some part than a form may be."""

    code = "upload_malformed"


class UploadTooMany(UploadError):
    """The form holds more files than one request may."""

    code = "upload_too_many"


class UploadTimeout(UploadError):
    """The client stopped sending before the upload was complete."""

    code = "upload_timeout"
