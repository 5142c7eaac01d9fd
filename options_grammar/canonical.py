"""One text for each meaning: the options that differ from their defaults, in the table's order."""

from dataclasses import replace
from functools import lru_cache

from options_grammar.options import DEFAULT_TIMEOUT_SECONDS, Options
from options_grammar.settle import settled
from options_grammar.table import TABLE


def canonical(options: Options) -> str:
    """The canonical text of `options`; parsing it gives the same options without a warning.

    Never empty: what asks for nothing is `full`. Options that cannot hold together are settled
    first.
    """
    meant = settled(options).options
    items = [item for row in TABLE if (item := row.write(meant)) is not None]
    return ",".join(items) or "full"


@lru_cache(maxsize=2048)  # a site asks for a handful of sizes, millions of times
def cache_text(options: Options) -> str:
    """The canonical text of what can change a finished result: everything but the timeout."""
    return canonical(replace(options, timeout_seconds=DEFAULT_TIMEOUT_SECONDS))
