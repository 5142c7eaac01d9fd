"""What can be wrong with a picture, or with what was asked of it.

ImgproxyError
└── EngineError
    ├── NotAnImage            nothing we read
    ├── BrokenImage           the right kind of file, damaged
    ├── ImageTooLarge         over the limits of pixels, sides, frames or memory
    ├── FormatUnavailable     the asked-for format cannot be made here (an extra is missing)
    ├── ImpossibleResult      the asked-for size does not fit the asked-for format
    └── BadReceipt            a text that is not the receipt of a result
"""

from imgproxy_py.errors import ImgproxyError


class EngineError(ImgproxyError):
    """A picture could not be optimized."""

    code = "engine_error"


class NotAnImage(EngineError):
    """The bytes are not of a format that this server reads."""

    code = "not_an_image"


class BrokenImage(EngineError):
    """The bytes are of a known format, but damaged."""

    code = "broken_image"


class ImageTooLarge(EngineError):
    """The picture asks for more than one source image may."""

    code = "image_too_large"


class FormatUnavailable(EngineError):
    """This installation cannot make the asked-for format."""

    code = "format_unavailable"


class ImpossibleResult(EngineError):
    """The asked-for format cannot hold the asked-for size."""

    code = "impossible_result"


class BadReceipt(EngineError):
    """The text is not a receipt, or one that cannot be true of any result."""

    code = "bad_receipt"
