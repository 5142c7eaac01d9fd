"""The language of our URLs: what `/{username}/{options}/{source-url}` says.

Standard library only. `cut` takes a path apart, `parse` reads its options, `canonical` writes them
in their one canonical text, and `table.py` holds every option.
"""

from options_grammar.canonical import cache_text, canonical
from options_grammar.errors import OptionsError, PathError, UsernameError
from options_grammar.image_path import RESERVED_SEGMENTS, ImagePath, cut
from options_grammar.options import (
    Color,
    Fit,
    FocalPoint,
    Format,
    Gravity,
    Keep,
    Options,
    Parsed,
    Preset,
)
from options_grammar.parser import parse
from options_grammar.settle import settled
from options_grammar.source_url import wire_ready

__all__ = [
    "RESERVED_SEGMENTS",
    "Color",
    "Fit",
    "FocalPoint",
    "Format",
    "Gravity",
    "ImagePath",
    "Keep",
    "Options",
    "OptionsError",
    "Parsed",
    "PathError",
    "Preset",
    "UsernameError",
    "cache_text",
    "canonical",
    "cut",
    "parse",
    "settled",
    "wire_ready",
]
