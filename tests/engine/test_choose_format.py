"""Which recipes may compete: decided from facts, without encoding anything."""

import pytest
import pyvips

from imgproxy_py.engine import encode
from imgproxy_py.engine.choose_format import Choice, choose_recipes
from imgproxy_py.engine.content import Content
from imgproxy_py.engine.encode import Recipe
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.errors import ImpossibleResult
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.rendered import Rendered
from options_grammar.options import Format

NONE: frozenset[ImageFormat] = frozenset()
WEBP = frozenset({ImageFormat.WEBP})
BOTH = frozenset({ImageFormat.WEBP, ImageFormat.AVIF})

PHOTO = Content(colors=5000, is_graphic=False)
FADED_PHOTO = Content(colors=5000, is_graphic=False, uses_alpha=True)
FLAT = Content(colors=12, is_graphic=True, flat_share=0.9)
FLAT_ALPHA = Content(colors=12, is_graphic=True, flat_share=0.9, uses_alpha=True)
COLORED_LINES = Content(colors=3000, is_graphic=True, flat_share=0.6, has_sharp_chroma=True)
EXACT_WEBP = [encode.FLAT_PALETTE_WEBP, encode.LOSSLESS_WEBP]
EXACT_PNG = [encode.FLAT_PALETTE_PNG, encode.LOSSLESS_PNG]
SCREENSHOT = Content(colors=3000, is_graphic=True, flat_share=0.6)


def choose(
    content: Content,
    *,
    asked: Format = Format.AUTO,
    accepts: frozenset[ImageFormat] = NONE,
    size: tuple[int, int] = (500, 400),
    frames: int = 1,
    target: float = 72,
    facts: SourceFacts | None = None,
    tier: Tier = Tier.LIVE,
) -> Choice:
    width, height = size
    image = pyvips.Image.black(width, height * frames, bands=3)
    rendered = Rendered(image=image, page_height=height, frames=frames)
    source = facts or SourceFacts(
        format=ImageFormat.PNG, width=width, height=height, frames=frames, is_lossless=True
    )
    brief = Brief(rendered=rendered, content=content, target=target, tier=tier)
    return choose_recipes(asked=asked, accepts=accepts, facts=source, brief=brief)


@pytest.mark.parametrize(
    ("content", "accepts", "recipes"),
    [
        pytest.param(PHOTO, NONE, [encode.MASKED_JPEG], id="a photograph is a JPEG"),
        pytest.param(PHOTO, WEBP, [encode.WEBP, encode.MASKED_JPEG], id="or a WebP, if smaller"),
        pytest.param(PHOTO, BOTH, [encode.AVIF], id="and an AVIF where that opens"),
        pytest.param(FADED_PHOTO, NONE, EXACT_PNG, id="transparency needs PNG"),
        pytest.param(FADED_PHOTO, WEBP, [encode.WEBP], id="or WebP"),
        pytest.param(FLAT, NONE, EXACT_PNG, id="a drawing is a PNG"),
        pytest.param(FLAT, WEBP, [encode.WEBP, *EXACT_WEBP], id="or a WebP of a kind"),
        pytest.param(
            SCREENSHOT,
            WEBP,
            [encode.WEBP, encode.LOSSLESS_WEBP, encode.JPEG],
            id="a screenshot too, or a JPEG",
        ),
        pytest.param(FLAT, BOTH, [encode.AVIF, *EXACT_WEBP], id="or an AVIF"),
        pytest.param(
            SCREENSHOT, NONE, [encode.LOSSLESS_PNG, encode.JPEG], id="a screenshot may be a JPEG"
        ),
        pytest.param(
            COLORED_LINES,
            NONE,
            [encode.LOSSLESS_PNG, encode.JPEG, encode.FULL_CHROMA_JPEG],
            id="colored lines may need their full chroma",
        ),
        pytest.param(
            FLAT_ALPHA,
            frozenset({ImageFormat.AVIF}),
            [encode.AVIF, *EXACT_PNG],
            id="AVIF alone leaves PNG beside it",
        ),
    ],
)
def test_an_open_format_follows_the_content(
    content: Content, accepts: frozenset[ImageFormat], recipes: list[Recipe]
) -> None:
    choice = choose(content, accepts=accepts)

    assert list(choice.recipes) == recipes
    assert choice.is_automatic
    assert choice.warnings == ()


@pytest.mark.parametrize("asked", [each for each in Format if each is not Format.AUTO])
@pytest.mark.parametrize("accepts", [NONE, BOTH])
def test_a_fixed_format_wins_over_accept(asked: Format, accepts: frozenset[ImageFormat]) -> None:
    choice = choose(PHOTO, asked=asked, accepts=accepts, frames=3)

    expected = {"h264": "mp4"}.get(asked.value, asked.value)
    assert {recipe.format.value for recipe in choice.recipes} == {expected}
    assert not choice.is_automatic


@pytest.mark.parametrize(
    ("accepts", "image_format"),
    [(NONE, ImageFormat.GIF), (WEBP, ImageFormat.WEBP), (BOTH, ImageFormat.WEBP)],
)
def test_an_animation_stays_one(accepts: frozenset[ImageFormat], image_format: ImageFormat) -> None:
    recipes = choose(PHOTO, accepts=accepts, frames=5).recipes

    assert {recipe.format for recipe in recipes} == {image_format}


def test_frames_of_one_color_need_no_lossy_trial() -> None:
    assert choose(PHOTO, accepts=WEBP, frames=5).recipes == (encode.LOSSLESS_WEBP,)


@pytest.mark.parametrize("asked", [Format.JPEG, Format.PNG, Format.AVIF])
def test_a_format_that_holds_one_frame_says_so(asked: Format) -> None:
    choice = choose(PHOTO, asked=asked, frames=5)

    assert choice.warnings == (
        (
            f"the source has 5 frames and {asked} holds one: this is the first;"
            " webp, gif, webm and h264 hold them all"
        ),
    )


@pytest.mark.parametrize("asked", [Format.WEBM, Format.H264])
def test_a_still_source_asked_for_as_video_is_answered_as_a_picture(asked: Format) -> None:
    choice = choose(PHOTO, asked=asked)

    assert choice.recipes == (encode.MASKED_JPEG,)
    assert choice.is_automatic
    assert choice.warnings == (
        f"format={asked} is for animated sources; this one is still, so it stays a picture",
    )


def test_a_size_that_a_fixed_format_cannot_hold_is_refused() -> None:
    with pytest.raises(ImpossibleResult) as raised:
        choose(PHOTO, asked=Format.WEBP, size=(16_384, 2))

    assert str(raised.value) == (
        "webp holds at most 16383 pixels a side, and the result would be 16384x2;"
        " ask for a smaller size or another format"
    )


def test_a_size_that_an_open_format_cannot_hold_closes_it() -> None:
    assert choose(PHOTO, accepts=BOTH, size=(16_384, 2)).recipes == (encode.AVIF,)
    assert choose(PHOTO, accepts=BOTH, size=(20_000, 2)).recipes == (encode.MASKED_JPEG,)


def test_the_highest_targets_allow_neither_palette_nor_lossy_webp() -> None:
    assert choose(FLAT, asked=Format.PNG, target=93).recipes == (encode.LOSSLESS_PNG,)
    assert choose(PHOTO, accepts=WEBP, target=90).recipes == (
        encode.MASKED_JPEG,
        encode.FULL_CHROMA_JPEG,
    )


def test_a_high_target_tries_nearly_lossless_webp() -> None:
    assert encode.NEAR_LOSSLESS_WEBP in choose(FLAT, accepts=WEBP, target=88).recipes
    assert encode.NEAR_LOSSLESS_WEBP not in choose(FLAT, accepts=WEBP, target=80).recipes


def test_a_large_photograph_is_not_quantized() -> None:
    recipes = choose(PHOTO, asked=Format.PNG, size=(2000, 1500)).recipes

    assert recipes == (encode.LOSSLESS_PNG,)


def test_png_that_was_asked_for_may_be_a_palette_of_a_photograph() -> None:
    assert encode.FLAT_PALETTE_PNG in choose(PHOTO, asked=Format.PNG).recipes
    assert encode.FLAT_PALETTE_PNG not in choose(PHOTO, asked=Format.PNG, size=(2000, 1500)).recipes


def test_an_icon_tries_webp_beside_avif() -> None:
    recipes = choose(PHOTO, accepts=BOTH, size=(64, 64)).recipes

    assert recipes == (encode.AVIF, encode.WEBP)
    assert encode.WEBP in choose(FLAT, accepts=BOTH, size=(64, 64)).recipes


def test_a_jpeg_for_a_high_target_may_want_its_full_chroma() -> None:
    assert choose(PHOTO, target=83).recipes == (encode.MASKED_JPEG,)
    assert choose(PHOTO, target=84).recipes == (encode.MASKED_JPEG, encode.FULL_CHROMA_JPEG)


@pytest.mark.parametrize(
    ("target", "recipes"),
    [(77, (encode.MASKED_JPEG,)), (78, (encode.MASKED_JPEG, encode.FULL_CHROMA_JPEG))],
)
def test_where_nobody_waits_whole_chroma_is_tried_for_lower_targets(
    target: float, recipes: tuple[Recipe, ...]
) -> None:
    settled = choose(PHOTO, asked=Format.JPEG, target=target, tier=Tier.SETTLED)

    assert settled.recipes == recipes


@pytest.mark.parametrize(
    ("asked", "recipe"), [(Format.JPEG, encode.MASKED_JPEG), (Format.AVIF, encode.FULL_CHROMA_AVIF)]
)
def test_a_large_picture_is_written_in_one_way(asked: Format, recipe: Recipe) -> None:
    choice = choose(PHOTO, asked=asked, size=(2000, 1500), tier=Tier.SETTLED)

    assert choice.recipes == (recipe,)


@pytest.mark.parametrize(
    ("tier", "recipes"),
    [(Tier.LIVE, (encode.JPEG,)), (Tier.SETTLED, (encode.JPEG, encode.MASKED_JPEG))],
)
def test_a_small_jpeg_is_written_the_quick_way_while_somebody_waits(
    tier: Tier, recipes: tuple[Recipe, ...]
) -> None:
    assert choose(PHOTO, size=(150, 150), tier=tier).recipes == recipes


def test_lines_are_tried_with_whole_chroma_and_never_masked() -> None:
    recipes = choose(SCREENSHOT, asked=Format.JPEG, tier=Tier.SETTLED).recipes

    assert recipes == (encode.JPEG, encode.FULL_CHROMA_JPEG)
