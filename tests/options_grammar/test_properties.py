"""Laws of the grammar, tried on whatever hypothesis thinks of."""

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from options_grammar import (
    Color,
    Fit,
    FocalPoint,
    Format,
    Gravity,
    ImagePath,
    Keep,
    Options,
    OptionsError,
    Parsed,
    PathError,
    Preset,
    cache_text,
    canonical,
    cut,
    parse,
)
from options_grammar.table import TABLE

_law = settings(deadline=None, max_examples=200)

_sides = st.integers(1, 10_000)
_fractions = st.integers(0, 10_000).map(lambda part: part / 10_000)
_gravities = st.sampled_from(Gravity) | st.builds(FocalPoint, x=_fractions, y=_fractions)
_bytes = st.integers(0, 255)
_kept = st.just(frozenset({Keep.EXIF})) | st.frozensets(st.sampled_from(list(Keep)[1:]))


@st.composite
def _options(draw: st.DrawFn) -> Options:
    """Any options that hold together, numbers kept to the places of the grammar."""
    width, height = draw(st.tuples(st.none() | _sides, st.none() | _sides))
    is_full = width is None and height is None
    has_both = width is not None and height is not None
    fits = [fit for fit in Fit if has_both or not fit.needs_both_dimensions]
    fit = Fit.SCALE_DOWN if is_full else draw(st.sampled_from(fits))
    presets = [preset for preset in Preset if is_full or preset is not Preset.LOSSLESS]
    return Options(
        width=width,
        height=height,
        dpr=draw(st.integers(1, 400)) / 100,
        fit=fit,
        gravity=draw(_gravities) if fit is Fit.CROP else Gravity.CENTER,
        trims_border=draw(st.booleans()),
        background=draw(st.builds(Color, red=_bytes, green=_bytes, blue=_bytes)),
        quality=draw(st.sampled_from(presets) | st.integers(1, 100)),
        format=draw(st.sampled_from(Format)),
        keep=draw(_kept),
        timeout_seconds=draw(st.integers(1, 3_600_000)) / 1000,
        wants_meta=draw(st.booleans()),
    )


# Texts near the grammar find more than random ones do.
_pieces = st.sampled_from(
    [
        *(spelling.example for row in TABLE for spelling in row.near),
        *(row.example for row in TABLE),
        *(word for row in TABLE for word in row.words),
        *("cropX=", "cropY=0.2", "width=3", "height=x", "%2C", "%3D", "=", "x", ".", "", " ", "9"),
        *("+", "keep=", "copyright+location", "preserve=gps", "%2B"),
        *("\u0130", "\u212a", "%00", "#", "-", "nan", "0x", "1e9", "\x00", "\U0001f600", "\udcff"),
    ]
)
_near_texts = st.lists(_pieces, max_size=6).flatmap(
    lambda pieces: st.sampled_from([",".join(pieces), "".join(pieces), "=".join(pieces)])
)


@_law
@given(_options())
def test_canonical_text_is_read_back_as_the_same_options(options: Options) -> None:
    parsed = parse(canonical(options))

    assert parsed.options == options
    assert parsed.warnings == ()


@_law
@given(_options(), st.randoms(use_true_random=False))
def test_the_order_of_options_never_changes_their_canonical_text(
    options: Options, shuffler: random.Random
) -> None:
    text = canonical(options)
    items = text.split(",")
    shuffler.shuffle(items)

    assert canonical(parse(",".join(items)).options) == text


@_law
@given(_options(), _options())
def test_different_options_have_different_texts(left: Options, right: Options) -> None:
    assume(left != right)

    assert canonical(left) != canonical(right)


@_law
@given(_options(), st.integers(1, 3_600_000))
def test_the_timeout_is_no_part_of_the_cache_text(options: Options, milliseconds: int) -> None:
    hurried = parse(f"{cache_text(options)},timeout={milliseconds / 1000:.3f}").options

    assert cache_text(hurried) == cache_text(options)


def _parsed_or_refused(text: str | bytes) -> Parsed | OptionsError:
    try:
        return parse(text)
    except OptionsError as error:
        return error


@_law
@given(st.text() | st.binary() | _near_texts)
def test_any_text_is_either_read_or_refused_by_an_options_error(text: str | bytes) -> None:
    parsed = _parsed_or_refused(text)
    if isinstance(parsed, OptionsError):
        assert str(parsed).isascii()
        assert 0 <= parsed.span[0] <= parsed.span[1] <= len(parsed.text)
        return

    assert parse(canonical(parsed.options)).options == parsed.options
    assert all(warning.isascii() and warning.isprintable() for warning in parsed.warnings)


_path_pieces = st.sampled_from(
    [
        *(
            b"/",
            b"//",
            b"user",
            b"api",
            b"u:k.0.s",
            b"full",
            b"100x100%2Ccrop",
            b"%2C",
            b"%",
            b"%zz",
        ),
        *(b"http://", b"https:/", b"HTTP%3A%2F%2F", b"http%3a", b"http%253A", b"ftp://", b"data:,"),
        *(b"h.example", b"b%C3%BCcher.de", b"[::1]", b"[", b"]", b"u:p@", b":80", b":x", b"%31.2"),
        *(
            b"?",
            b"#",
            b"%23",
            b"%0D%0A",
            b"\r\n",
            b"\x00",
            b" ",
            b"\xff",
            b"%FF",
            b"\\",
            b"%5C",
            b"|",
        ),
        *(b"\xef\xbc\x91", b"%25", b"%2525", b"a.png", b"xn--", b"%C3%9F", b"\xe2\x80\x8d", b"."),
    ]
)
_paths = st.binary() | st.lists(_path_pieces, max_size=12).map(b"".join)
_source_paths = st.lists(_path_pieces, max_size=8).map(b"".join)


def _cut_or_refused(raw_path: bytes, query: bytes) -> ImagePath | PathError:
    try:
        return cut(raw_path, query)
    except PathError as error:
        return error


@_law
@given(_paths | _source_paths.map(lambda source: b"/u/full/http://h.example" + source), _paths)
def test_any_bytes_are_either_cut_or_refused_by_a_path_error(raw_path: bytes, query: bytes) -> None:
    path = _cut_or_refused(raw_path, query)
    if isinstance(path, PathError):
        assert str(path).isascii()
        assert str(path).isprintable()
        return

    assert path.username
    assert path.options_text.isascii()
    assert path.options_text.isprintable()
    assert path.rest.startswith("/")
    assert path.source is None or is_wire_ready(path.source)


@_law
@given(
    st.sampled_from([b"http://", b"http%3A%2F%2F", b"https:/"]),
    st.sampled_from([b"h.example", b"u:p@h.example:80", b"b%C3%BCcher.de"]),
    _source_paths,
)
def test_a_wire_ready_source_stays_as_it_is_when_cut_again(
    scheme: bytes, authority: bytes, target: bytes
) -> None:
    path = _cut_or_refused(b"/u/full/" + scheme + authority + b"/" + target, b"")
    assume(isinstance(path, ImagePath))
    assert isinstance(path, ImagePath)
    assert path.source is not None

    raw_path, _, query = path.source.encode().partition(b"?")
    again = cut(b"/u/full/" + raw_path, query)

    assert again.source == path.source.removesuffix("?" if not query else "")


def is_wire_ready(source: str) -> bool:
    """ASCII that cannot end or split a request line, and nothing after a fragment's sign."""
    return all("!" <= letter <= "~" and letter not in '"<>\\^`#' for letter in source)


@pytest.mark.parametrize("letter", [" ", "\n", "\x7f", "\u00e9", "#"])
def test_the_law_of_wire_readiness_can_fail(letter: str) -> None:
    assert not is_wire_ready(f"http://h/{letter}")
