"""The answer to `meta`: what a source is, as plain JSON values."""

from imgproxy_py.engine.result import Meta

Described = dict[str, str | int | float | bool | None]


def describe(meta: Meta) -> Described:
    """Width and height are as displayed (upright), in pixels; `loop` 0 means for ever.

    None is what a source does not have, or does not show: docs/answers.md.
    """
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
        "quality": None if meta.quality is None else round(meta.quality),
        "estimated_score": None if meta.estimated_score is None else round(meta.estimated_score),
        "dominant_color": meta.dominant_color,
        "thumbhash": meta.thumbhash,
    }
