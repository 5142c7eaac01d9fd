"""The bare libvips pipeline in a loop, as a process to compare with: the floor of what is possible.

Reads `COUNT` lines on standard input and answers each with the CPU seconds that COUNT rounds took.
"""

import os
import sys
from pathlib import Path

import pyvips

from imgproxy_py.engine.content import measure
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.jpeg import jpeg_settings
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.presets import start_quality, target_score
from imgproxy_py.engine.rendered import Rendered
from options_grammar import Preset


def main() -> None:
    data, width = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
    pyvips.cache_set_max(0)
    settings = encoder_settings(data, width)
    for line in sys.stdin:
        before = _cpu_seconds()
        for _ in range(int(line)):
            image = pyvips.Image.thumbnail_buffer(data, width, height=10_000, size="down")
            image.jpegsave_buffer(**settings)
        print(_cpu_seconds() - before, flush=True)


def encoder_settings(data: bytes, width: int) -> dict[str, object]:
    """Exactly what the service tells the encoder for this result."""
    image = pyvips.Image.thumbnail_buffer(data, width, height=10_000, size="down").copy_memory()
    target = target_score(Preset.MEDIUM, 1.0)
    rendered = Rendered(image=image, page_height=image.height)
    brief = Brief(rendered=rendered, content=measure(image), target=target)
    return jpeg_settings(brief, start_quality(ImageFormat.JPEG, target))


def _cpu_seconds() -> float:
    used = os.times()
    return used.user + used.system


if __name__ == "__main__":
    main()
