"""The root of every error that a requester may see.

An error carries a stable `code` for programs and a message for the person who sent the request.
Which HTTP status it becomes is written once, in `web/problems.py`.
"""


class ImgproxyError(Exception):
    """Something that a requester can be told about."""

    code = "error"
