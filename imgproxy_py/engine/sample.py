"""A small part that speaks for the whole: what is cheaper to search on than the picture itself."""

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.excerpt import excerpt
from imgproxy_py.engine.mosaic import mosaic


def sample_of(brief: Brief) -> Brief | None:
    """Tiles of a large picture, twelve frames of a long animation; None where all is small."""
    if brief.rendered.frames == 1:
        return mosaic(brief)
    part = excerpt(brief)
    return None if part is brief else part
