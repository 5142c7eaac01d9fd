"""Request targets, as real clients send them, cut into their parts."""

import pytest

from options_grammar import RESERVED_SEGMENTS, ImagePath, PathError, UsernameError, cut, parse

_PHP_TARGET = (
    "/160x100,crop,2x,quality=low,timeout=34.5,bgcolor=FFffFF/"
    "http%3A%2F%2Fexample.com%2Fa%20b%2F%C3%A9%252F%2Cc.png%3Fx%3D1%26y%3D2%23f"
)
_NESTED = "https://HOST/U/500x250,crop=top/https://example.com//a.png"
_QUERY_OUTSIDE = (
    "the query stands outside the encoded source URL and was left out; encode it as well"
)
_REMEDY = 'write "full" for none, as in /USERNAME/full/https://example.com/image.png'


def _path(
    options_text: str,
    source: str | None,
    rest: str,
    *,
    username: str = "U",
    signature_segment: str | None = None,
    warnings: tuple[str, ...] = (),
) -> ImagePath:
    return ImagePath(
        username=username,
        options_text=options_text,
        source=source,
        signature_segment=signature_segment,
        rest=rest,
        warnings=warnings,
    )


@pytest.mark.parametrize(
    ("raw_path", "query", "parts"),
    [
        pytest.param(
            "/user%20name%21" + _PHP_TARGET,
            "",
            _path(
                "160x100,crop,2x,quality=low,timeout=34.5,bgcolor=FFffFF",
                "http://example.com/a%20b/%C3%A9%2F,c.png?x=1&y=2",
                _PHP_TARGET,
                username="user name!",
            ),
            id="the PHP client's encoded source",
        ),
        pytest.param("/user/32", "", _path("32", None, "/32", username="user"), id="an upload"),
        pytest.param("/U/32/", "", _path("32", None, "/32/"), id="an upload to a slash"),
        pytest.param(
            "/U/full/http://example.com/image.png",
            "",
            _path("full", "http://example.com/image.png", "/full/http://example.com/image.png"),
            id="the curl one-liner",
        ),
        pytest.param(
            "/U/quality=low/https://host/api",
            "url=https://x.y/z&width=640&height=360",
            _path(
                "quality=low",
                "https://host/api?url=https://x.y/z&width=640&height=360",
                "/quality=low/https://host/api?url=https://x.y/z&width=640&height=360",
            ),
            id="the whole query is the source's",
        ),
        pytest.param(
            f"/U/250x250,crop=0.5x0.2,quality=low/{_NESTED}",
            "",
            _path(
                "250x250,crop=0.5x0.2,quality=low",
                _NESTED,
                f"/250x250,crop=0.5x0.2,quality=low/{_NESTED}",
            ),
            id="nested in itself, double slashes inside",
        ),
        pytest.param(
            "/U/full%2C2x,quality%3dlow/http://h/",
            "",
            _path("full,2x,quality=low", "http://h/", "/full%2C2x,quality%3dlow/http://h/"),
            id="escaped commas and equals signs",
        ),
        pytest.param(
            "/U/full%0A%2525%E9/",
            "",
            _path("full%0A%25%E9", None, "/full%0A%2525%E9/"),
            id="an escaped line end in the options stays escaped",
        ),
        pytest.param(
            "/U:k1.0.aB-_9/100x100/http://h/a",
            "b",
            _path(
                "100x100",
                "http://h/a?b",
                "/100x100/http://h/a?b",
                signature_segment="k1.0.aB-_9",
            ),
            id="a signed URL",
        ),
        pytest.param(
            "/U%3Ak1.0.s/100x100",
            "",
            _path("100x100", None, "/100x100", signature_segment="k1.0.s"),
            id="a signed URL whose colon was escaped",
        ),
        pytest.param(
            "HTTP://server.example:8000/U/full/http://h/a",
            "",
            _path("full", "http://h/a", "/full/http://h/a"),
            id="the absolute form of a request target",
        ),
        pytest.param(
            "/Ren%C3%A9/full",
            "",
            _path("full", None, "/full", username="Ren\u00e9"),
            id="a username beyond ASCII",
        ),
        pytest.param(
            "/U/full/http%3A%2F%2Fh%2Fa%3Fb",
            "c=d",
            _path(
                "full",
                "http://h/a?b",
                "/full/http%3A%2F%2Fh%2Fa%3Fb?c=d",
                warnings=(_QUERY_OUTSIDE,),
            ),
            id="a query beside an encoded source",
        ),
        pytest.param(
            "/U/full",
            "c=d",
            _path(
                "full",
                None,
                "/full?c=d",
                warnings=("the query after the options belongs to no source URL and was left out",),
            ),
            id="a query beside an upload",
        ),
    ],
)
def test_a_target_is_cut_into_its_parts(raw_path: str, query: str, parts: ImagePath) -> None:
    assert cut(raw_path.encode(), query.encode()) == parts


@pytest.mark.parametrize(
    ("raw_path", "code", "message"),
    [
        ("/U", "options_missing", f"the options are missing; {_REMEDY}"),
        ("/U/", "options_missing", f"the options are missing; {_REMEDY}"),
        ("/U//http://h/a.png", "options_missing", f"the options are missing; {_REMEDY}"),
        (
            "/U/http://h/a.png",
            "options_missing",
            f"the source URL stands where the options belong; {_REMEDY}",
        ),
        (
            "/U/HTTPS%3a%2F%2Fh%2Fa.png",
            "options_missing",
            f"the source URL stands where the options belong; {_REMEDY}",
        ),
        ("*", "path_invalid", "the request's path begins with no slash"),
        ("", "path_invalid", "the request's path begins with no slash"),
        (
            "/",
            "username_missing",
            "the path begins with no username: /USERNAME/OPTIONS/SOURCE-URL",
        ),
        (
            "//full/http://h/",
            "username_missing",
            "the path begins with no username: /USERNAME/OPTIONS/SOURCE-URL",
        ),
        (
            "http://server.example",
            "username_missing",
            "the path begins with no username: /USERNAME/OPTIONS/SOURCE-URL",
        ),
        (
            "/:k.0.s/full",
            "username_missing",
            "the path begins with no username: /USERNAME/OPTIONS/SOURCE-URL",
        ),
        (
            "/%61pi/full",
            "username_reserved",
            '"api" belongs to the server and is no username',
        ),
        (
            "/%FF/full",
            "username_invalid",
            "the username, the first segment of the path, is not UTF-8",
        ),
        (
            "/a%0D%0Ab/full",
            "username_invalid",
            "the username, the first segment of the path, holds a control character",
        ),
    ],
)
def test_a_target_without_its_parts_is_refused(raw_path: str, code: str, message: str) -> None:
    with pytest.raises(PathError) as caught:
        cut(raw_path.encode(), b"")

    assert caught.value.code == code
    assert str(caught.value) == message
    assert isinstance(caught.value, UsernameError) == code.startswith("username")


@pytest.mark.parametrize("segment", sorted(RESERVED_SEGMENTS))
def test_a_reserved_segment_is_no_username_and_its_capitals_are(segment: str) -> None:
    with pytest.raises(UsernameError):
        cut(f"/{segment}/full".encode(), b"")

    assert cut(f"/{segment.upper()}/full".encode(), b"").username == segment.upper()


def test_the_reserved_segments_are_those_of_the_contract() -> None:
    words = "api results dashboard docs static healthz livez readyz metrics openapi.json"

    assert set(words.split()) | {"output", "shrink"} == RESERVED_SEGMENTS


@pytest.mark.parametrize(
    "raw_path",
    [
        "/U/full/https://h/a.png",
        "/U/quality=medium,timeout=30/http://h/a.png",
        "/U/400,2x/http://h/a.png",
        "/U/meta,timeout=3/http://h/a.png",
        "/U/4096x2048,stretch/http://h/a.png",
        "/U/format=webm/http://h/a.gif",
        "/U/3x,130,quality=high/http://h/a.png",
        "/U/1920x1080,crop=left/http://h/a.png",
    ],
)
def test_real_targets_need_no_warning(raw_path: str) -> None:
    path = cut(raw_path.encode(), b"")

    assert path.warnings == ()
    assert parse(path.options_text).warnings == ()
    assert path.source is not None
