"""What is wrong with a request itself, before any picture is looked at.

ImgproxyError
└── RequestError
    ├── BodyInvalid              a body of the API that cannot be read, or lacks a field
    ├── BodyTooLarge             more text than a body without files may have
    ├── BodyTypeUnknown          a body in an encoding that the API does not read
    ├── FieldInvalid             a field of the API whose value cannot be meant
    ├── FileMissing              accept_file says that a file comes, and none does
    ├── IdempotencyInProgress    the first request under the same key is still running
    ├── IdempotencyKeyInvalid    an Idempotency-Key that cannot be one
    ├── IdempotencyKeyMissing    an address where the key must stand
    ├── IdempotencyKeyReused     another request was sent under the same key
    ├── KeyInUse                 the API key to be revoked is the one that asks
    ├── MethodNotAllowed
    ├── PageNotFound             a reserved address with nothing behind it
    ├── PreconditionFailed       the picture is another than the request says it must be
    ├── QueryInvalid             the query of an API call says what cannot be
    ├── RangeNotSatisfiable      bytes that lie beyond the end
    ├── SourceAmbiguous          more than one picture where one is asked for
    ├── SourceMissing            a request that names no source
    └── ServerStopping           a restart came before the answer
"""

from imgproxy_py.errors import ImgproxyError


class RequestError(ImgproxyError):
    """The request cannot be served as it stands."""

    code = "request_invalid"


class BodyInvalid(RequestError):
    """The body is neither the JSON nor the form that this address takes."""

    code = "body_invalid"


class BodyTooLarge(RequestError):
    """More text than a body without files may have."""

    code = "body_too_large"

    def __init__(self, *, max_bytes: int) -> None:
        super().__init__(
            f"a body without files may have at most {max_bytes} bytes; send pictures as "
            "multipart/form-data"
        )


class BodyTypeUnknown(RequestError):
    """An encoding that the API does not read; `media_type` may be empty."""

    code = "body_type_unknown"

    def __init__(self, media_type: str) -> None:
        named = f'not "{media_type[:100]}"' if media_type else "and name it in Content-Type"
        super().__init__(
            "send the body as multipart/form-data, application/x-www-form-urlencoded or "
            f"application/json, {named}"
        )


class FieldInvalid(RequestError):
    """A field of the API whose value cannot be meant; the message names both and the remedy."""

    code = "field_invalid"


class FileMissing(RequestError):
    """`accept_file` says that a file comes with the request, and none does."""

    code = "file_missing"

    def __init__(self) -> None:
        super().__init__(
            '"accept_file" says that a file comes with the request, but there is none: send it '
            'as the field "image" of multipart/form-data'
        )


class IdempotencyInProgress(RequestError):
    """The first request under the same key is still running."""

    code = "idempotency_in_progress"
    retry_after_seconds = 1

    def __init__(self) -> None:
        super().__init__(
            "the first request with this Idempotency-Key is still running; ask again in "
            f"{self.retry_after_seconds} s to have its answer"
        )


class IdempotencyKeyInvalid(RequestError):
    """A text that can be no idempotency key."""

    code = "idempotency_key_invalid"

    def __init__(self) -> None:
        super().__init__(
            "an Idempotency-Key is 1 to 255 visible ASCII characters, bare or in double quotes"
        )


class IdempotencyKeyMissing(RequestError):
    """An address where the same request sent twice would do harm."""

    code = "idempotency_key_missing"

    def __init__(self) -> None:
        super().__init__(
            "this address needs the header Idempotency-Key: a text of yours that is new for each "
            "request, and the same when you send a request again"
        )


class IdempotencyKeyReused(RequestError):
    """Another request was sent under the same key."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key was used for another request in the last 24 hours; give each "
            "request a key of its own"
        )


class KeyInUse(RequestError):
    """The API key to be revoked is the one that asks: an accident locks its owner out."""

    code = "key_in_use"

    def __init__(self) -> None:
        super().__init__(
            "this is the API key that you ask with; to revoke it all the same add ?force=true"
        )


class MethodNotAllowed(RequestError):
    """A method that this address does not know."""

    code = "method_not_allowed"

    def __init__(self, *, method: str, allow: str = "GET, HEAD, POST, OPTIONS") -> None:
        super().__init__(f"{method} is not answered here; use {allow}")
        self.allow = allow


class PageNotFound(RequestError):
    """A reserved first segment, and nothing of ours behind it."""

    code = "page_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such page here")


class PreconditionFailed(RequestError):
    """`If-Match` or `If-Unmodified-Since` speaks of other bytes (RFC 9110, 15.5.13)."""

    code = "precondition_failed"

    def __init__(self) -> None:
        super().__init__(
            "the bytes here are not those that If-Match, If-None-Match or If-Unmodified-Since "
            "asks for; ask again without it"
        )


class QueryInvalid(RequestError):
    """The query of an API call says what cannot be."""

    code = "query_invalid"


class RangeNotSatisfiable(RequestError):
    """The range asked for lies outside of the `total_bytes` that there are (RFC 9110, 15.5.17)."""

    code = "range_not_satisfiable"

    def __init__(self, *, total_bytes: int) -> None:
        super().__init__(f"that range lies outside of the {total_bytes} bytes that there are")
        self.total_bytes = total_bytes


class SourceMissing(RequestError):
    """Neither a source URL nor an upload."""

    code = "source_missing"

    def __init__(
        self,
        message: str = "no source: put the picture's URL after the options, "
        "or send the picture itself with POST",
    ) -> None:
        super().__init__(message)


class SourceAmbiguous(RequestError):
    """More than one picture where one is asked for."""

    code = "source_ambiguous"


class ServerStopping(RequestError):
    """The server stops, and the time to finish what was begun is over."""

    code = "server_stopping"
    retry_after_seconds = 5  # about what a restart takes

    def __init__(self) -> None:
        super().__init__(f"the server is stopping; try again in {self.retry_after_seconds} s")
