"""The root of every error that a requester may see.

An error carries a stable `code` for programs and a message for the person who sent the request.
Which HTTP status it becomes is written once, in `web/problems.py`.
"""


class ImgproxyError(Exception):
    """Something that a requester can be told about.

    `kept_until` (Unix seconds) is set where it came of a source: for no longer may a cache keep it.
    """

    code = "error"
    kept_until: float | None = None
