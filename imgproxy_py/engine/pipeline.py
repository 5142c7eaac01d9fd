"""The pipeline: from a source to the rendered reference, one step after the other."""

from collections.abc import Callable
from dataclasses import replace

import pyvips

from imgproxy_py.engine import apng, vips
from imgproxy_py.engine.decode import decode, decode_frames
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.geometry import Size
from imgproxy_py.engine.pixels import in_memory
from imgproxy_py.engine.plan import Plan
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.small_pictures import render_small
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.engine.steps.alpha import without_idle_alpha
from imgproxy_py.engine.steps.color import color
from imgproxy_py.engine.steps.crop import attentive_box, crop
from imgproxy_py.engine.steps.flatten import flatten
from imgproxy_py.engine.steps.orient import orient
from imgproxy_py.engine.steps.pad import pad
from imgproxy_py.engine.steps.resize import resize
from imgproxy_py.engine.steps.trim import kept_box
from imgproxy_py.engine.vips import Translated

Step = Callable[[pyvips.Image, Plan], pyvips.Image]

# Trim comes before all of them (see `_trimmed`): the plan is made for what it leaves.
BEFORE_CROP: tuple[Step, ...] = (
    resize,  # first, while rows still stream from the decoder; all that follows is smaller
    color,  # before anything is measured or laid beside a color of the request, which is sRGB
    orient,  # sides in the plan's crop and canvas are those of the upright picture
)
AFTER_CROP: tuple[Step, ...] = (
    flatten,  # before pad: the picture stands on the same background as its canvas
    pad,
)
STEPS: tuple[Step, ...] = (*BEFORE_CROP, crop, *AFTER_CROP)

NO_TRIM_OF_ANIMATIONS = "trim=border is not applied to animated images"


def render(
    source: SourceBytes, facts: SourceFacts, plan: Plan, *, keeps_profile: bool = False
) -> Rendered:
    """Run the plan; the result lies in memory.

    With `keeps_profile` wide colors are not converted to sRGB but travel with their profile.
    Raises BrokenImage or ImageTooLarge. CMYK is always converted: nothing shows it reliably.
    """
    vips.set_up()
    if keeps_profile and not facts.is_cmyk:
        plan = replace(plan, converts_color=False)
    with Translated():
        if not facts.is_animated:
            return render_small(source, facts, plan) or _still(source, facts, plan)
        if facts.format is ImageFormat.PNG and not apng.can_decode_apng():
            return _still(source, facts, plan, warnings=(apng.MISSING,))
        return _animation(source, facts, plan)


def _still(
    source: SourceBytes, facts: SourceFacts, plan: Plan, *, warnings: tuple[str, ...] = ()
) -> Rendered:
    image = decode(source, facts, plan)
    profile = _profile(image, facts, plan)
    if plan.trims:
        image, plan = _trimmed(image, plan)
    image, plan = _first_frame(image, plan)
    whole, pixels = in_memory(image)
    image = without_idle_alpha(whole)
    return Rendered(
        image=image,
        page_height=image.height,
        pixels=pixels if image is whole else None,
        is_source_size=not plan.moves_pixels,
        profile=profile,
        warnings=warnings,
    )


def _animation(source: SourceBytes, facts: SourceFacts, plan: Plan) -> Rendered:
    """Every frame through the same steps, into one buffer: frames don't bleed into another."""
    frames = decode_frames(source, facts)
    first = next(frames)
    profile = _profile(first, facts, plan)
    image, plan = _first_frame(first, plan)
    page = image.write_to_memory()
    pixels = bytearray(len(page) * facts.frames)
    pixels[: len(page)] = page
    for number, frame in enumerate(frames, start=1):
        at = number * len(page)
        pixels[at : at + len(page)] = _through(STEPS, frame, plan).write_to_memory()
    strip = pyvips.Image.new_from_memory(
        pixels, image.width, image.height * facts.frames, image.bands, image.format
    ).copy(interpretation=image.interpretation)
    return Rendered(
        image=without_idle_alpha(strip),
        page_height=image.height,
        frames=facts.frames,
        delays_ms=facts.delays_ms,
        loop=facts.loop,
        is_source_size=not plan.moves_pixels,
        profile=profile,
        warnings=(NO_TRIM_OF_ANIMATIONS,) if plan.options.trims_border else (),
    )


def _first_frame(frame: pyvips.Image, plan: Plan) -> tuple[pyvips.Image, Plan]:
    """The first frame, and the plan for the others: what deserves attention is settled here."""
    if plan.attention is None:
        return _through(STEPS, frame, plan), plan
    frame = _through(BEFORE_CROP, frame, plan).copy_memory()
    plan = plan.for_crop(attentive_box(frame, plan))
    return _through((crop, *AFTER_CROP), frame, plan), plan


def _trimmed(image: pyvips.Image, plan: Plan) -> tuple[pyvips.Image, Plan]:
    """The picture without its border, and the plan for what is left of it."""
    image = image.copy_memory()
    box = kept_box(image)
    if box is None:
        return image, replace(plan, trims=False)
    kept = Size(width=box.width, height=box.height)
    return image.crop(box.left, box.top, box.width, box.height), plan.for_trimmed(kept)


def _through(steps: tuple[Step, ...], image: pyvips.Image, plan: Plan) -> pyvips.Image:
    for step in steps:
        image = step(image, plan)
    return image


def _profile(image: pyvips.Image, facts: SourceFacts, plan: Plan) -> bytes | None:
    """The profile whose colors are kept."""
    is_kept = facts.has_icc and not facts.has_srgb_profile and not plan.converts_color
    if not is_kept or not image.get_typeof("icc-profile-data"):
        return None
    return bytes(image.get("icc-profile-data"))
