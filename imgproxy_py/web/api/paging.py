"""How much a client is shown at once, and how soon it may look again."""

import re

from imgproxy_py.web.errors import QueryInvalid

DEFAULT_LIMIT = 100
MAX_LIMIT = 500

# For what is not finished yet; the same for jobs and for batches.
POLL_AGAIN = ("Retry-After", "1")

_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


def limit_of(fields: dict[str, str]) -> int:
    """The field `limit` of a query, 1 to MAX_LIMIT; QueryInvalid for anything else."""
    text = fields.get("limit", "")
    if text == "":
        return DEFAULT_LIMIT
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise QueryInvalid(f'"limit" in the query is a whole number, 1 to {MAX_LIMIT}')
    return int(text)
