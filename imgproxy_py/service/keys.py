"""Cache keys of one request: what makes two requests the same, and nothing else.

Username, option order, warnings and the timeout are not in it: authorization happens before the
lookup.
"""

from dataclasses import dataclass
from functools import lru_cache

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.service.request import Request
from imgproxy_py.store import key
from imgproxy_py.store.key import MAX_REMEMBERED_CHARACTERS, REMEMBERED, Key
from imgproxy_py.version import ENGINE_VERSION
from options_grammar import Format, Options, cache_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The parts of a result's key that are known before its source's content is.

    `source` is None for an upload.
    """

    options_text: str
    accepts: tuple[str, ...]
    source: Key | None

    @classmethod
    def of(cls, request: Request) -> "Keys":
        url = request.source_url
        is_short = len(url or "") <= MAX_REMEMBERED_CHARACTERS
        return (_short_keys if is_short else _keys)(request.options, request.accepts, url)

    def result(self, source_sha256: str) -> Key:
        """One result: the source, its content, canonical options, opened formats, our version."""
        origin = "" if self.source is None else self.source.digest
        return _result_key(source_sha256, self.options_text, self.accepts, origin)

    def fed_back(self, result_sha256: str) -> Key:
        """The key under which a result answers for itself, wherever its bytes come from."""
        return key.result_key(result_sha256, self.options_text, self.accepts, ENGINE_VERSION)


def _keys(options: Options, accepts: frozenset[ImageFormat], url: str | None) -> Keys:
    return Keys(
        options_text=cache_text(options),
        # A fixed format is the same for every client.
        accepts=tuple(sorted(accepted.value for accepted in accepts))
        if options.format is Format.AUTO
        else (),
        source=None if url is None else key.source_key(url),
    )


@lru_cache(maxsize=REMEMBERED)
def _result_key(
    source_sha256: str, options_text: str, accepts: tuple[str, ...], origin: str
) -> Key:
    return key.result_key(source_sha256, options_text, accepts, ENGINE_VERSION, origin=origin)


_short_keys = lru_cache(maxsize=REMEMBERED)(_keys)
