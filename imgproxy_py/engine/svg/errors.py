"""Why an SVG cannot stay one; it never leaves the engine, the source is rasterized instead."""

from imgproxy_py.engine.unstrippable import NotStrippableError


class NotCleanableError(NotStrippableError):
    """The SVG cannot be cleaned so that it is surely safe and surely looks the same."""
