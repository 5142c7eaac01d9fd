"""What the service itself refuses.

ImgproxyError
└── ServiceError
    ├── TooManyHops       own URLs nested too deep
    └── ResultNotFound    no result under this id
"""

from imgproxy_py.errors import ImgproxyError


class ServiceError(ImgproxyError):
    """The service could not do what was asked."""

    code = "service_error"


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
