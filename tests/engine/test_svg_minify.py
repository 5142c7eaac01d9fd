"""Minifying: what nobody sees goes, and nothing that somebody sees."""

import math
import random

import pytest

from imgproxy_py.engine.svg import clean as cleaning
from imgproxy_py.engine.svg import clean_svg
from imgproxy_py.engine.svg.css import clean_sheet, clean_style
from imgproxy_py.engine.svg.likeness import Drawing
from imgproxy_py.engine.svg.numbers import grid_text, rounded_length, significant
from imgproxy_py.engine.svg.path import read_path, write_path
from imgproxy_py.engine.svg.precision import decimals_for, scale_of
from imgproxy_py.engine.svg.tree import Element
from imgproxy_py.engine.svg.values import short_color
from imgproxy_py.engine.svg_guard import read_svg
from options_grammar.options import Fit
from tests.engine.drawing import rendered

XML = 'xmlns="http://www.w3.org/2000/svg"'


def cleaned(body: str, attributes: str = 'viewBox="0 0 40 40"') -> str:
    """What is inside the root afterwards."""
    clean = clean_svg(f"<svg {XML} {attributes}>{body}</svg>".encode()).decode()
    return clean.partition(">")[2].removesuffix("</svg>")


@pytest.mark.parametrize(
    ("body", "short"),
    [
        pytest.param(
            '<g>\n  <rect width="9.0" height="09"/>\n</g>',
            '<rect width="9" height="9"/>',
            id="blanks, a bare group, idle zeros",
        ),
        pytest.param(
            '<rect width="9px" height="9" style="fill:#ffffff;stroke:none;stroke-width:3"/>',
            '<rect width="9" height="9" fill="#fff"/>',
            id="a stroke that is not drawn has no width",
        ),
        pytest.param(
            '<g stroke="red"><rect width="9" height="9" stroke="none"/></g>',
            '<g stroke="red"><rect width="9" height="9" stroke="none"/></g>',
            id="a default that stands against what is inherited stays",
        ),
        pytest.param(
            '<rect width="9" height="9" fill="red" style="fill:#000000"/>',
            '<rect width="9" height="9"/>',
            id="a default in a style takes the attribute below it along",
        ),
        pytest.param(
            '<defs><clipPath id="a"><g/></clipPath></defs><rect id="b" width="9" height="9"/>',
            '<rect width="9" height="9"/>',
            id="definitions and ids without a use",
        ),
        pytest.param(
            '<clipPath id="a"><g><rect width="5" height="5"/></g></clipPath>'
            '<rect width="9" height="9" clip-path="url(#a)"/>',
            '<clipPath id="a"><g><rect width="5" height="5"/></g></clipPath>'
            '<rect width="9" height="9" clip-path="url(#a)"/>',
            id="a group in a clip is not drawn, so it is not unwrapped",
        ),
        pytest.param(
            '<g id="a b"><rect width="9" height="9"/></g><use href="#a%20b" x="9"/>',
            '<g id="a b"><rect width="9" height="9"/></g><use href="#a%20b" x="9"/>',
            id="an id that is used in percent-encoding stays",
        ),
        pytest.param(
            '<g display="none"><rect width="9" height="9"/></g><circle r="9" opacity="1.0"/>',
            '<circle r="9"/>',
            id="what is not displayed",
        ),
        pytest.param(
            '<g transform="translate(0,0) scale(2.00)"><circle r=".50"/></g>',
            '<g transform="scale(2)"><circle r=".5"/></g>',
            id="moves that move nothing",
        ),
        pytest.param(
            "<style> .a &gt; rect { fill : #FF0000 ; } /* b */ </style>"
            '<g class="a"><g><rect width="9" height="9"/></g></g>',
            "<style>.a > rect{fill:#FF0000}</style>"
            '<g class="a"><g><rect width="9" height="9"/></g></g>',
            id="a style sheet selects by structure, which stays",
        ),
    ],
)
def test_what_is_not_seen_goes(body: str, short: str) -> None:
    assert cleaned(body) == short


def test_a_picture_that_would_look_different_is_taken_less_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Were the precision wrong, the drawing beside the source would tell."""
    monkeypatch.setattr("imgproxy_py.engine.svg.precision._STEPS_PER_SIDE", 8)
    body = '<path d="M1.4 1.4h30.2v10.3l-9 9.6z"/>'

    assert cleaned(body) == body
    monkeypatch.undo()
    assert cleaned(body) == '<path d="m1.4 1.4h30.2v10.3l-9 9.6z"/>'


def test_what_cannot_be_minified_alike_is_only_sanitized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "MAX_MINIFIED_BYTES", 10)
    body = '<g><rect width="9.0" height="9" onclick="steal()"/></g>'

    assert cleaned(body) == '<g><rect width="9.0" height="9"/></g>'


@pytest.mark.parametrize(
    ("path", "decimals", "short"),
    [
        ("M 10,10 L 20,10 L 20,20 Z", 2, "m10 10h10v10z"),
        ("M0.5.5 1-1", 1, "m.5.5L1-1"),
        ("M0 0C0 10 10 10 10 0C10-10 20-10 20 0", 0, "m0 0c0 10 10 10 10 0s10-10 10 0"),
        ("M0 0a5 5 0 01.5.5", 1, "m0 0a5 5 0 0 1 .5.5"),
        ("m1 1 2 2zm5 5h1e1", 0, "m1 1 2 2zm5 5h10"),
        ("M100.004 0L100.004 99.996", 2, "m100 0v100"),
    ],
)
def test_paths_are_written_short(path: str, decimals: int, short: str) -> None:
    segments = read_path(path)

    assert segments is not None
    assert write_path(segments, decimals) == short


@pytest.mark.parametrize(
    "path", ["", "L1 1", "M1", "M1 1 L", "M1,,1", "M1 1 X2", "M1 1a1 1 0 2 0 1 1"]
)
def test_what_is_no_path_is_left_alone(path: str) -> None:
    assert read_path(path) is None


def test_rounding_does_not_add_up_along_a_path() -> None:
    """A thousand relative steps of 0.004 are 4, not nothing."""
    segments = read_path("M0 0" + "l.004 .004" * 1000)
    assert segments is not None

    again = read_path(write_path(segments, 2) or "")

    assert again is not None
    assert again[-1][1] == pytest.approx((4.0, 4.0), abs=0.005)


def test_random_paths_keep_their_places_and_are_stable() -> None:
    chance = random.Random(4)
    counts = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2}
    for _ in range(60):
        letters = [chance.choice("LlHhVvCcSsQqTt") for _ in range(20)]
        path = "M1.2345 2.3456" + "".join(
            letter
            + " ".join(f"{chance.uniform(-50, 50):.5f}" for _ in range(counts[letter.upper()]))
            for letter in letters
        )
        segments = read_path(path)
        assert segments is not None
        short = write_path(segments, 2) or ""
        again = read_path(short)
        assert again is not None
        for (_, exact), (_, rounded) in zip(segments, again, strict=True):
            assert math.dist(exact[-2:], rounded[-2:]) <= 0.0071  # half a step in each direction
        assert write_path(again, 2) == short


def test_an_arc_over_nearly_half_a_circle_keeps_the_decimals_it_needs() -> None:
    path = "M0 0a10.18 10.18 0 1 0-9.503 18.008"
    svg = f'<svg {XML} viewBox="-30 -10 60 60"><path d="{{}}"/></svg>'
    coarse = "M0 0a10.2 10.2 0 1 0-9.5 18"
    fine = write_path(read_path(path) or [], 1) or ""

    source = svg.format(path).encode()
    drawing = Drawing(source, read_svg(source))

    assert drawing.difference(svg.format(fine).encode()) <= 60
    assert drawing.difference(svg.format(coarse).encode()) > 200


@pytest.mark.parametrize(
    ("extent", "decimals"),
    [
        pytest.param(16, 4, id="an icon"),
        pytest.param(1000, 2, id="a drawing"),
        pytest.param(200_000, 0, id="a plan"),
        pytest.param(0, 8, id="nothing is known of an empty box"),
    ],
)
def test_decimals_follow_from_the_size_of_the_view_box(extent: float, decimals: int) -> None:
    assert decimals_for(extent) == decimals


def test_scales_are_told_from_transforms() -> None:
    assert scale_of("translate(5) rotate(30) scale(2 -3)") == 3
    assert scale_of("skewX(9)") is None
    assert (scale_of("matrix(0 2 2 0 9 9)") or 0) >= 2


def test_a_small_radius_does_not_become_none() -> None:
    assert rounded_length("0.0004", 2) == ".0004"
    assert rounded_length("1.0049px", 2) == "1"
    assert rounded_length("1.50em", 2) == "1.5em"
    assert rounded_length("auto", 2) is None


def test_numbers_are_written_without_what_says_nothing() -> None:
    assert [grid_text(steps, 2) for steps in (-50, 0, 5, 100, 12345)] == [
        "-.5",
        "0",
        ".05",
        "1",
        "123.45",
    ]
    assert [significant(value) for value in (0.5, -0.25, 100.0, 1e-9)] == [
        ".5",
        "-.25",
        "100",
        ".000000001",
    ]


def test_colors_are_written_short() -> None:
    written = [short_color(each) for each in ("#FFFFFF", "rgb(255, 0, 0)", "#12345f", "Purple")]

    assert written == ["#fff", "red", "#12345f", "Purple"]


def test_styles_keep_what_is_known_and_local() -> None:
    style = "fill: url( '#a' ) red !important; -inkscape-stroke:none; stroke:url(x.svg#b) blue"

    assert clean_style(style) == [("fill", "url(#a) red!important"), ("stroke", "blue")]


def test_sheets_keep_groups_and_lose_what_loads() -> None:
    sheet = (
        '@charset "a";@import "b";@media (max-width: 9px) { a , b { fill : red } }'
        "@font-face { src : url(c) } @keyframes k { from { opacity : 0 } 50.5% { opacity : 1 } }"
    )

    assert clean_sheet(sheet) == (
        "@media (max-width: 9px){a,b{fill:red}}@keyframes k{from{opacity:0}50.5%{opacity:1}}"
    )


def test_elements_are_told_from_text() -> None:
    child = Element("b")

    assert Element("a", {}, ["x", child, "y"]).elements == [child]
    assert Element("a", {}, ["x", child, "y"]).text == "xy"


def test_an_svg_is_drawn_sharp_at_the_size_asked() -> None:
    """At twice the scale an edge is still one pixel wide, as no enlarged bitmap has it."""
    svg = f'<svg {XML} width="40" height="40"><circle cx="20" cy="20" r="15"/></svg>'.encode()

    image = rendered(svg, width=40, dpr=2.0, fit=Fit.FIT).image

    row = image[image.bands - 1].crop(0, image.height // 2, image.width, 1).numpy().ravel()
    assert image.width == 80
    assert sum(0 < value < 255 for value in row) <= 2
