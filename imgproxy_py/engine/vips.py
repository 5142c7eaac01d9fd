"""libvips, set up once for hostile pictures; its exceptions become ours here."""

import functools
from types import TracebackType

import pyvips

from imgproxy_py.engine.errors import BrokenImage, ImageTooLarge

# libvips marks SVG as untrusted; svg_guard.py reads every SVG before librsvg may.
_UNTRUSTED_BUT_GUARDED = ("VipsForeignLoadSvg",)

# What libvips, its codecs and librsvg say when a picture wants more than they give.
_LIMIT_WORDS = (
    "too many scans",
    "too many progressive scans",
    "exceeded more than",
    "amplification",
    "out of memory",
    "unable to allocate",
    "too large",
    "exceeds",
    "security limit",
)


@functools.cache
def set_up(concurrency: int = 1) -> None:
    """Make libvips forget what it did, and unable to open what we don't read.

    The operation cache keeps pixels of one request for the next, and with signal handlers it
    aborts the process. One thread is enough: decoding is serial, and the machine's cores are
    shared out among engine processes.
    """
    pyvips.cache_set_max(0)
    pyvips.concurrency_set(concurrency)
    pyvips.leak_set(False)
    _hush()
    pyvips.block_untrusted_set(True)
    for operation in _UNTRUSTED_BUT_GUARDED:
        pyvips.operation_block_set(operation, False)


class Translated:
    """`with Translated(): …` raises BrokenImage or ImageTooLarge where libvips gave up."""

    def __enter__(self) -> None:
        # What an earlier picture left in libvips' error text is not this one's.
        pyvips.vips_lib.vips_error_clear()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, pyvips.Error):
            raise engine_error(error.detail) from error
        if isinstance(error, UnicodeDecodeError):
            # pyvips failed to read the error text, which quotes bytes of the picture.
            pyvips.vips_lib.vips_error_clear()
            raise BrokenImage("the source image is damaged: it cannot be decoded") from error


def _hush() -> None:
    """Drop libvips' warnings: one per odd chunk, a hostile picture would fill the log with them.

    pyvips' own handler also breaks on warnings that quote bytes which are not UTF-8. What matters
    arrives as an exception.
    """
    if pyvips.API_mode:

        @pyvips.ffi.def_extern(name="_log_handler_callback")  # type: ignore[untyped-decorator]
        def _drop(_domain: object, _level: int, _message: object, _data: object) -> None:
            return None


def engine_error(detail: str) -> BrokenImage | ImageTooLarge:
    """What libvips reported, as an error in the requester's words."""
    reason = _reason(detail)
    if any(word in detail.lower() for word in _LIMIT_WORDS):
        return ImageTooLarge(f"the source image asks for too much work: {reason}")
    return BrokenImage(f"the source image is damaged: {reason}")


def _reason(detail: str) -> str:
    """The last line that names no file: paths and descriptors are nobody's business."""
    lines = [line.strip() for line in detail.splitlines() if line.strip() and "/" not in line]
    if not lines:
        return "it cannot be decoded"
    _, _, reason = lines[-1].rpartition(": ")
    return reason[:160]
