"""Clean: an SVG that may be served from our own origin, as small as it can be without a change.

Sanitized first, then minified, and drawn beside the source: when a pixel is visibly another one, a
form that is nearer to the source is tried, and when even the sanitized one looks different, none
is the answer.
"""

import pyvips

from imgproxy_py.engine.svg.errors import NotCleanableError
from imgproxy_py.engine.svg.likeness import Drawing
from imgproxy_py.engine.svg.minify import minify
from imgproxy_py.engine.svg.sanitize import sanitize
from imgproxy_py.engine.svg.tree import read_tree, write_tree
from imgproxy_py.engine.svg_guard import read_svg

# A renderer looks at each pixel in rows of samples; cairo's, which draws here, has 15. An edge that
# crosses one of them changes a pixel by 17 of 255, and one more by rounding.
_MAX_DIFFERENCE = 18.0
# Python reads and writes half a megabyte of path data in a second; more is sanitized only.
MAX_MINIFIED_BYTES = 1 << 19
# What one pass removes may free the next; real pictures settle after two.
_MAX_PASSES = 8


def clean_svg(data: bytes) -> bytes:
    """The same picture without script, links to elsewhere, comments and waste.

    Cleaning the result again gives the same bytes. Raises NotCleanableError when the picture
    cannot be cleaned without a change, or would grow; what svg_guard refuses is refused here too.
    """
    work = read_svg(data)
    root = read_tree(data)
    sanitize(root)
    clean = write_tree(root)
    try:
        best = _smallest(Drawing(data, work), clean)
    except pyvips.Error as error:
        raise NotCleanableError("the SVG cannot be drawn") from error
    if len(best) > len(data):
        raise NotCleanableError("the cleaned SVG is larger than its source")
    return best


def _smallest(source: Drawing, clean: bytes) -> bytes:
    """The first that looks like the source: rounded, minified, sanitized only."""
    if len(clean) <= MAX_MINIFIED_BYTES:
        rounded = _minified(clean, rounds=True)
        if source.difference(rounded) <= _MAX_DIFFERENCE:
            return rounded
        exact = _minified(clean, rounds=False)
        if source.difference(exact) == 0:
            return exact
    if source.difference(clean) > 0:
        raise NotCleanableError("the cleaned SVG does not look like its source")
    return clean


def _minified(clean: bytes, *, rounds: bool) -> bytes:
    """Minified until another pass changes nothing, so that a result fed back stays what it is."""
    smaller = clean
    for _ in range(_MAX_PASSES):
        root = read_tree(smaller)
        minify(root, rounds=rounds)
        before, smaller = smaller, write_tree(root)
        if smaller == before:
            return smaller
    return clean
