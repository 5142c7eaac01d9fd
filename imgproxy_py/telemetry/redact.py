"""Keeping secrets out of everything that is written down."""

import re

# What stands between `//` and `@` of a URL, raw or percent-encoded once or more, as in
#     GET /user/full/https%3A%2F%2Fme%3Asecret%40example.com%2Fa.png
# The last @ of the authority counts, because passwords with a raw @ are seen in the wild.
_USER_INFO = re.compile(
    r"""((?::|%(?:25)*3A)(?:/|%(?:25)*2F){1,2})   # the end of the scheme, slashes merged or not
        (?:(?!%(?:25)*(?:2F|3F|23))[^\s/?\#"'<>])* # user-info: nothing that would end an authority
        (@|%(?:25)*40)""",
    re.IGNORECASE | re.VERBOSE,
)
# The signature of a signed URL, between its expiry and the slash: whoever reads it can use the URL.
_SIGNATURE = re.compile(
    r"((?::|%3A)[\w-]{1,32}\.\d{1,11}\.)[\w-]{22}(?=/|$)", re.ASCII | re.IGNORECASE
)
_API_KEY = re.compile(r"opt_[A-Za-z0-9_-]{8,}")


def redacted(text: str) -> str:
    """The text without user-info of URLs, signatures of signed ones, and API keys.

    Without an `@`, raw or encoded, there is none of the former, and looking for one costs a tenth
    of a microsecond in place of twelve: an encoded target is in the line of every hit.
    """
    if "@" in text or "%40" in text or "2540" in text:
        text = _USER_INFO.sub(r"\1***\2", text)
    text = _SIGNATURE.sub(r"\1***", text)
    if "opt_" in text:
        text = _API_KEY.sub("opt_***", text)
    return text
