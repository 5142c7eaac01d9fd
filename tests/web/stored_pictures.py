"""Sources that are more than pixels: deep ones, with a profile, or stored turned."""

from functools import cache

import pyvips

from tests.pictures import landscape, quadrants


@cache
def deep_png() -> bytes:
    """16 bits a channel, the lower eight used."""
    deep = landscape(120, 80).colourspace("rgb16") + pyvips.Image.xyz(120, 80)[0]
    data: bytes = deep.cast("ushort").copy(interpretation="rgb16").pngsave_buffer(bitdepth=16)
    return data


@cache
def profiled_png() -> bytes:
    """Display P3 colors with their profile."""
    wide = landscape(120, 80).icc_transform("p3", input_profile="srgb")
    data: bytes = wide.pngsave_buffer()
    return data


@cache
def turned_jpeg() -> bytes:
    """Stored lying on its side, which the EXIF orientation 6 puts upright, and a private note."""
    image = landscape(161, 83).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-ImageDescription", "PRIVATE_NOTE (x)")
    data: bytes = image.jpegsave_buffer(Q=90)
    return data


# How upright pixels are stored under each EXIF orientation (EXIF 2.32, tag 0x0112).
_STORED = {
    1: (),
    2: ("fliphor",),
    3: ("rot180",),
    4: ("flipver",),
    5: ("fliphor", "rot270"),
    6: ("rot270",),
    7: ("fliphor", "rot90"),
    8: ("rot90",),
}


@cache
def turned_quarters(orientation: int) -> bytes:
    """120x80 once the orientation is applied: red, green, yellow and blue quarters."""
    image = quadrants(120, 80)
    for step in _STORED[orientation]:
        image = getattr(image, step)()
    image = image.copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    data: bytes = image.jpegsave_buffer(Q=95, subsample_mode="off")
    assert pyvips.Image.new_from_buffer(data, "").autorot().width == 120
    return data
