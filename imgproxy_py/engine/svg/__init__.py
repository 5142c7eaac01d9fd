"""An SVG that stays an SVG: what could do harm is gone, what nobody sees is gone, as few bytes.

`clean_svg` tells the story. `tree` reads and writes, `sanitize` keeps what `names` lists, `css`
does the same for stylesheets, `minify` makes it small, `likeness` looks whether it is the same
picture still.
"""

from imgproxy_py.engine.svg.clean import clean_svg
from imgproxy_py.engine.svg.errors import NotCleanableError

__all__ = ["NotCleanableError", "clean_svg"]
