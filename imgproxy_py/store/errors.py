"""What can go wrong where results and sources are kept.

ImgproxyError
└── StoreError        the store cannot be read or written; nothing the requester did
"""

from imgproxy_py.errors import ImgproxyError


class StoreError(ImgproxyError):
    """The store failed. The message is for the requester; the cause goes to the log."""

    code = "store_error"

    def __init__(self, doing: str) -> None:
        super().__init__(f"the store of results failed while {doing}; try again later")
