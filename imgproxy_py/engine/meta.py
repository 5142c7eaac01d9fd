"""The answer to `meta`: what a source is, as plain JSON values."""

from imgproxy_py.engine.result import Meta


def describe(meta: Meta) -> dict[str, str | int | bool | None]:
    """Width and height are as displayed (upright), in pixels; `loop` 0 means for ever."""
    facts = meta.facts
    return {
        "width": facts.upright_width,
        "height": facts.upright_height,
        "format": facts.format.value,
        "bytes": meta.bytes,
        "frames": facts.frames,
        "duration_ms": sum(facts.delays_ms),
        "loop": facts.loop,
        "alpha": facts.has_alpha,
        "bits": facts.bits,
        "orientation": facts.orientation,
        "icc": facts.icc_name,
        "lossless": facts.is_lossless,
    }
