"""deploy/nginx-accel.conf in a real nginx: what it sends itself is what the server would send."""

import os
from pathlib import Path

import pytest

from imgproxy_py.store.contents import MAX_REMEMBERED_BYTES
from tests.web.handing import (
    CAPABLE,
    LASTING,
    LOCATION,
    OPTIONS,
    asked,
    handing,
    is_handed_over,
    nginx,
    nginx_before,
    noise,
    stored,
    target,
    told,
)
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.result_urls import CHROME
from tests.web.server import USERNAME, RunningServer

__all__ = ["handing", "nginx", "target"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="whole"),
        pytest.param({"Accept": CHROME}, id="negotiated"),
        pytest.param({"Range": "bytes=100-70000"}, id="a range"),
        pytest.param({"Range": "bytes=-17"}, id="the end"),
        pytest.param({"Range": "bytes=0-3,9-11"}, id="two ranges, answered whole"),
        pytest.param({"Range": "bytes=9-3"}, id="an invalid range, answered whole"),
        pytest.param({"Range": "lines=1-2"}, id="another unit, answered whole"),
        pytest.param({"Range": "bytes=0-9", "If-Range": '"another"'}, id="of another version"),
        pytest.param({"If-None-Match": '"another"'}, id="another version is known"),
        pytest.param({"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, id="an old one is"),
        pytest.param({"If-Match": "*"}, id="if there is one"),
        pytest.param({"If-Unmodified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"}, id="if it is old"),
    ],
)
def test_with_and_without_handing_over_an_answer_is_the_same(
    nginx: RunningServer, handing: RunningServer, target: str, headers: dict[str, str]
) -> None:
    handing.ask("GET", target, headers)  # each variant is made once

    through, direct = asked(nginx, target, headers), asked(handing, target, headers)

    assert (through.status, through.body) == (direct.status, direct.body)
    assert told(through) == told(direct)
    for name in ("Cache-Control", "Cache-Status"):
        assert len(through.all(name)) == len(direct.all(name)) == 1
        first = str(direct.headers[name]).partition("=")[0]
        assert str(through.headers[name]).startswith(first)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Range": "bytes=99999999-"}, 416, id="beyond the end"),
        pytest.param({"If-Match": '"another"'}, 412, id="not the one"),
        pytest.param({"If-None-Match": "*"}, 304, id="known"),
    ],
)
def test_what_has_no_picture_in_it_is_the_servers_answer(
    nginx: RunningServer, target: str, headers: dict[str, str], status: int
) -> None:
    answer = asked(nginx, target, headers)

    assert answer.status == status
    assert answer.headers["X-Accel-Redirect"] is None


def test_a_tag_given_by_nginx_is_good_for_the_server_and_for_a_range(
    nginx: RunningServer, target: str
) -> None:
    whole = asked(nginx, target, {})
    etag = str(whole.headers["ETag"])

    known = asked(nginx, target, {"If-None-Match": etag})
    part = asked(nginx, target, {"Range": "bytes=5-8", "If-Range": etag})
    same = asked(nginx, target, {"If-Match": etag})

    assert (known.status, known.headers["ETag"]) == (304, etag)
    assert (part.status, part.body) == (206, whole.body[5:9])
    assert part.all("Content-Range") == [f"bytes 5-8/{len(whole.body)}"]
    assert (same.status, same.body) == (200, whole.body)


def test_head_has_the_headers_of_get(nginx: RunningServer, target: str) -> None:
    whole, head = nginx.get(target), nginx.ask("HEAD", target)

    assert (head.status, head.body) == (200, b"")
    assert told(head) == told(whole)


def test_a_result_under_its_own_url_is_handed_over_too(
    nginx: RunningServer, handing: RunningServer, target: str
) -> None:
    own = str(handing.ask("POST", target).headers["Location"])

    through, direct = nginx.get(own), handing.get(own)

    assert is_handed_over(asked(handing, own, CAPABLE))
    assert (through.status, through.body) == (200, direct.body)
    assert told(through) == told(direct)


def test_only_who_knows_the_name_is_answered_without_a_body(
    handing: RunningServer, target: str
) -> None:
    guesses = ["1", "on", "/_results/", LOCATION.upper(), LOCATION[:-1]]

    answers = [asked(handing, target, {"X-Accel-Capable": guess}) for guess in guesses]

    assert is_handed_over(asked(handing, target, CAPABLE))
    assert not any("X-Accel-Redirect" in answer.headers for answer in answers)
    assert all(len(answer.body) > MAX_REMEMBERED_BYTES for answer in answers)


def test_the_place_cannot_be_asked_for_from_outside(
    nginx: RunningServer, handing: RunningServer, target: str
) -> None:
    place = str(asked(handing, target, CAPABLE).headers["X-Accel-Redirect"])

    answer = nginx.get(place)

    # nginx treats it as one that is not there; so it is asked for in full, and is no URL of ours.
    assert place.startswith(LOCATION + "contents/")
    assert (answer.status, answer.headers["X-Accel-Redirect"]) == (400, None)
    assert b"is no absolute URL" in answer.body


def test_a_small_result_and_one_made_for_the_request_come_from_the_server(
    handing: RunningServer, origin: Origin
) -> None:
    small = f"/{USERNAME}/40/{origin.put('/small.jpg', jpeg(), headers=LASTING)}"
    large = f"/{USERNAME}/{OPTIONS}/{origin.put('/new.jpg', noise(2), headers=LASTING)}"

    answers = [asked(handing, url, CAPABLE) for url in (small, small, large, large)]

    assert [is_handed_over(answer) for answer in answers] == [False, False, False, True]


def test_a_file_that_nginx_does_not_find_is_asked_for_in_full(
    handing: RunningServer, target: str, tmp_path: Path
) -> None:
    """It may have been pruned between the server's look and nginx's, or be locked to nginx."""
    results = f"{tmp_path}/empty/"

    with nginx_before(handing, tmp_path, results=results) as blind:
        answer, direct = blind.get(target), handing.get(target)

    assert (answer.status, answer.body) == (200, direct.body)
    assert told(answer) == told(direct)
    assert len(answer.all("Cache-Control")) == 1


@pytest.mark.parametrize("damage", ["gone", "short", "changed"])
def test_what_is_no_longer_whole_is_not_handed_over(
    nginx: RunningServer, handing: RunningServer, origin: Origin, damage: str
) -> None:
    target = stored(handing, origin.put(f"/{damage}.jpg", noise(3), headers=LASTING))
    place = str(asked(handing, target, CAPABLE).headers["X-Accel-Redirect"])
    file = Path(handing.data_dir, "results", place.removeprefix(LOCATION))
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(whole[:-9] if damage == "short" else whole[:-9] + b"damage   ")

    answer = nginx.get(target)

    assert (answer.status, answer.body) == (200, whole)
    assert file.read_bytes() == whole


def test_what_nginx_knows_of_the_file_is_no_validator(
    nginx: RunningServer, handing: RunningServer, origin: Origin
) -> None:
    """The same bytes may have been a result before, with another date."""
    target = stored(handing, origin.put("/dated.jpg", noise(4), headers=LASTING))
    place = str(asked(handing, target, CAPABLE).headers["X-Accel-Redirect"])
    file = Path(handing.data_dir, "results", place.removeprefix(LOCATION))
    os.utime(file, (1_000_000_000, 1_000_000_000))

    of_its_date = asked(nginx, target, {"If-Modified-Since": "Sun, 09 Sep 2001 01:46:40 GMT"})
    of_its_tag = asked(
        nginx, target, {"If-None-Match": f'"{1_000_000_000:x}-{len(file.read_bytes()):x}"'}
    )

    assert (of_its_date.status, of_its_tag.status) == (200, 200)
