"""What went wrong, in words for whoever runs this installation: with the setting that decides it.

A server's answers name no setting: those who read them cannot change one.
"""

from imgproxy_py.sources.errors import SourceNotAllowed, SourceNotPublic

REMEDIES: dict[type[Exception], str] = {
    SourceNotPublic: "IMGPROXY_PY_ALLOWED_NETWORKS opens networks of your own, as in 127.0.0.0/8",
    SourceNotAllowed: "IMGPROXY_PY_ALLOWED_PORTS, ALLOWED_SOURCES and DENIED_SOURCES decide that",
}


def said(error: Exception) -> str:
    """One line about `error`, for a terminal."""
    # A system error's own text repeats its number and the file's name.
    reason = error.strerror if isinstance(error, OSError) else None
    told = reason or str(error)
    remedy = REMEDIES.get(type(error))
    return told if remedy is None else f"{told}; {remedy}"
