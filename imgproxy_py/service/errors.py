"""What the service itself refuses.

ImgproxyError
└── ServiceError
    ├── NothingStored        only what is stored was asked for, and nothing is
    ├── TooManyHops          own URLs nested too deep
    ├── NotReadyInTime       the time ran out with no result to show
    └── ResultNotFound       no result under this id
        └── ResultExpired    there was one, for a while
"""

from imgproxy_py.errors import ImgproxyError


class ServiceError(ImgproxyError):
    """The service could not do what was asked."""

    code = "service_error"


class NothingStored(ServiceError):
    """`only-if-cached` (RFC 9111, 5.2.1.7), and an answer would need work."""

    code = "nothing_stored"

    def __init__(self) -> None:
        super().__init__(
            "nothing is stored that answers this; ask without Cache-Control: only-if-cached"
        )


class TooManyHops(ServiceError):
    """A source that leads back to this server too often."""

    code = "source_nested_too_deep"

    def __init__(self, *, max_hops: int) -> None:
        super().__init__(
            f"the source leads back to this server more than {max_hops} times; "
            "name the picture's own URL"
        )


class ResultNotFound(ServiceError):
    """No such result is stored (any more)."""

    code = "result_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such result here (any more); ask for the picture again")


class ResultExpired(ResultNotFound):
    """What an account was given for a while, and that while is over."""

    code = "result_expired"

    def __init__(self) -> None:
        ServiceError.__init__(
            self,
            "this result has expired; ask for the same picture again, or ask for it with "
            "storage_commit=true, which keeps a result for good",
        )


class NotReadyInTime(ServiceError):
    """There is nothing to give: the source came too late, or nothing was made of it in time."""

    code = "result_not_ready"

    def __init__(self) -> None:
        super().__init__(
            "there was no result yet when the time allowed ran out; allow more with "
            "options=timeout=60, or send the picture as a job to /api/v1/jobs"
        )
