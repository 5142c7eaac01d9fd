"""`POST /api/optimize` over a real socket: what it answers, and what a result's URL is worth."""

import json
import re
import shlex
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pyvips

from imgproxy_py.engine.receipt import Receipt
from tests.web.api.calling import (
    NINE_KEYS,
    done,
    form,
    optimize,
    path_of,
    post,
    problem,
    with_key,
)
from tests.web.origin import Origin
from tests.web.pictures import animated_gif, jpeg, opened, png
from tests.web.server import API_KEY, RunningServer, running_server

DOCS = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_call_of_the_documentation_works_as_pasted(
    server: RunningServer, tmp_path: Path
) -> None:
    (tmp_path / "photo.jpg").write_bytes(jpeg(600, 400))
    (text,) = re.findall(r"## Optimize one picture\n\n```sh\n(curl .*?)```", DOCS, re.DOTALL)
    assert text.startswith("curl -F accept_file=true -F image=@photo.jpg -F format=webp -F comp")
    pasted = text.replace("http://127.0.0.1:8000", server.url).replace("opt_…", API_KEY)
    command = [*shlex.split(pasted), "-sS"]

    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=True)

    told = json.loads(answer.stdout)
    assert list(told)[:9] == NINE_KEYS
    assert (told["format"], told["width"], told["height"]) == ("webp", 600, 400)
    assert told["original_size"] == len(jpeg(600, 400))
    assert told["optimized_size"] < told["original_size"] / 2


def test_nine_keys_stand_first_and_ours_follow_with_the_receipt_last(
    server: RunningServer,
) -> None:
    told = done(optimize(server, jpeg(321, 200), width="160", compression="low"))

    ours = ["score", "metric", "quality", "warnings", "expires_at", "request_id", "receipt"]
    assert list(told) == NINE_KEYS + ours
    receipt = Receipt.parse(told["receipt"])
    assert (told["original_size"], told["optimized_size"]) == (receipt.original, receipt.result)
    assert (told["score"], told["metric"]) == (receipt.score, "ssimulacra2")
    assert (told["quality"], told["format"]) == (receipt.quality, receipt.format)
    assert receipt.preset == "high"
    assert told["saved_bytes"] == told["original_size"] - told["optimized_size"]
    assert told["percent"] == receipt.saved
    assert told["warnings"] == []


def test_the_result_is_had_without_a_key_and_is_what_was_told(server: RunningServer) -> None:
    told = done(optimize(server, jpeg(322, 200), format="png", width="100"))

    result = server.get(path_of(told, server))

    assert result.status == 200
    assert result.headers["Content-Type"] == "image/png"
    assert len(result.body) == told["optimized_size"]
    assert (opened(result.body).width, opened(result.body).height) == (100, 62)
    assert result.headers["Image-Optimization"] == told["receipt"]
    assert "photo.png" in result.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"X-API-Key": API_KEY}, id="X-API-Key"),
        pytest.param({"Authorization": f"Bearer {API_KEY}"}, id="Bearer"),
        pytest.param({"Authorization": f"bearer {API_KEY}"}, id="bearer in lower case"),
        pytest.param({"X-API-Key": API_KEY, "Authorization": "Basic eDp5"}, id="beside another"),
    ],
)
def test_a_key_is_taken_from_either_header(server: RunningServer, headers: dict[str, str]) -> None:
    assert done(optimize(server, png(), headers=headers))["format"] == "png"


@pytest.mark.parametrize(
    ("headers", "code", "detail"),
    [
        pytest.param(
            {},
            "api_key_missing",
            "this address needs an API key: send it as X-API-Key: opt_… or as "
            "Authorization: Bearer opt_…",
            id="none",
        ),
        pytest.param(
            {"Authorization": "Basic eDp5"},
            "api_key_missing",
            "this address needs an API key: send it as X-API-Key: opt_… or as "
            "Authorization: Bearer opt_…",
            id="another scheme",
        ),
        pytest.param(
            {"X-API-Key": "opt_" + "x" * 43},
            "api_key_invalid",
            "this API key is unknown or has been revoked; imgproxy-py key create makes a new one",
            id="unknown",
        ),
        pytest.param(
            {"X-API-Key": "\x80\xff" * 4000},
            "api_key_invalid",
            "this API key is unknown or has been revoked; imgproxy-py key create makes a new one",
            id="garbage",
        ),
    ],
)
def test_without_a_good_key_nobody_comes_in(
    server: RunningServer, headers: dict[str, str], code: str, detail: str
) -> None:
    answer = optimize(server, jpeg(), headers=headers)

    assert problem(answer) == (401, code, detail)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_three_encodings_of_one_order_are_one_result(server: RunningServer, origin: Origin) -> None:
    url = origin.put("/three.jpg", jpeg(323, 200), headers={"Cache-Control": "max-age=600"})
    fields = {"url": url, "format": "webp", "width": "120"}

    of_form = done(post(server, form(fields)))
    of_urlencoded = done(optimize(server, url, format="webp", width="120"))
    of_json = done(post(server, json.dumps({**fields, "width": 120}).encode(), "application/json"))

    assert of_form["width"] == 120
    assert [told["cached"] for told in (of_form, of_urlencoded, of_json)] == [False, True, True]
    assert of_form["optimized_url"] == of_urlencoded["optimized_url"] == of_json["optimized_url"]
    assert origin.targets == ["/three.jpg"]


def test_the_same_again_is_cached_under_the_same_url(server: RunningServer) -> None:
    first = done(optimize(server, jpeg(324, 200), compression="max"))
    again = done(optimize(server, jpeg(324, 200), compression="max"))
    named = done(optimize(server, jpeg(324, 200), compression="max", filename="other.jpg"))
    other = done(optimize(server, jpeg(324, 200), compression="balanced"))

    assert [told["cached"] for told in (first, again, named, other)] == [False, True, True, False]
    assert again["optimized_url"] == first["optimized_url"]
    # Another name is offered to whoever saves it, so it has a URL of its own.
    assert len({told["optimized_url"] for told in (first, named, other)}) == 3
    assert again["receipt"] == first["receipt"]
    assert again["request_id"] != first["request_id"]


@pytest.mark.parametrize("cache_control", ["no-store", "private", "max-age=0", "no-cache"])
def test_the_same_content_is_cached_whatever_its_origin_says_of_freshness(
    server: RunningServer, origin: Origin, cache_control: str
) -> None:
    data = jpeg(325, 200 + len(cache_control))
    url = origin.put("/a.jpg", data, headers={"Cache-Control": cache_control})

    first = done(optimize(server, url))
    again = done(optimize(server, url))

    assert (first["cached"], again["cached"]) == (False, True)
    assert origin.targets == ["/a.jpg", "/a.jpg"]
    result = server.get(path_of(again, server))
    assert result.status == 200
    named = result.headers["Cache-Control"]
    assert cache_control.partition("=")[0] in named


def test_new_content_under_an_old_url_is_another_result(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/b.jpg", jpeg(326, 200), headers={"Cache-Control": "no-cache"})
    first = done(optimize(server, url))
    origin.put("/b.jpg", jpeg(326, 201), headers={"Cache-Control": "no-cache"})

    second = done(optimize(server, url))

    assert (second["cached"], second["height"]) == (False, 201)
    assert first["optimized_url"] != second["optimized_url"]


def test_auto_is_what_every_client_shows_unless_accept_names_more(server: RunningServer) -> None:
    plain = done(optimize(server, jpeg(327, 200)))
    any_type = done(optimize(server, jpeg(327, 200), headers=with_key(Accept="*/*")))
    named = done(
        optimize(server, jpeg(327, 200), headers=with_key(Accept="image/avif,image/webp,*/*"))
    )

    assert (plain["format"], any_type["format"]) == ("jpeg", "jpeg")
    assert any_type["cached"] is True
    assert named["format"] in ("avif", "webp")


def test_an_animation_stays_one_and_a_fixed_format_is_given(server: RunningServer) -> None:
    told = done(optimize(server, animated_gif(), format="webp", filename="a.gif"))

    result = server.get(path_of(told, server))

    assert (told["format"], told["width"], told["height"]) == ("webp", 60, 40)
    assert opened(result.body).get("n-pages") == 5


def test_a_result_larger_than_its_source_says_so_and_saves_no_percent(
    server: RunningServer,
) -> None:
    told = done(optimize(server, jpeg(60, 40), format="png", compression="lossless"))

    assert told["saved_bytes"] < 0
    assert told["percent"] == 0.0


def test_a_result_that_is_fed_back_costs_no_picture(server: RunningServer) -> None:
    first = done(optimize(server, jpeg(328, 200), format="jpeg"))
    result = server.get(path_of(first, server)).body

    fed_back = done(optimize(server, result, format="jpeg"))

    assert (fed_back["saved_bytes"], fed_back["cached"]) == (0, False)
    assert server.get(path_of(fed_back, server)).body == result


@pytest.mark.parametrize(("keep_exif", "artist"), [("true", "Ada"), ("false", None), ("", None)])
def test_exif_goes_unless_it_is_kept(
    server: RunningServer, keep_exif: str, artist: str | None
) -> None:
    signed = opened(jpeg(200, 120)).copy()
    signed.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Artist", "Ada")
    data: bytes = signed.jpegsave_buffer(Q=90)

    told = done(optimize(server, data, keep_exif=keep_exif, format="jpeg", compression="max"))

    result = opened(server.get(path_of(told, server)).body)
    has_artist = "exif-ifd0-Artist" in result.get_fields()
    assert (result.get("exif-ifd0-Artist").split(" ")[0] if has_artist else None) == artist


def test_results_expire_after_their_time_and_a_kept_one_does_not(tmp_path: Path) -> None:
    with running_server(tmp_path / "data", RESULT_TTL_SECONDS="3", REFINE="off") as server:
        before = datetime.now(UTC)
        told = done(optimize(server, jpeg(200, 100)))
        kept = done(optimize(server, jpeg(200, 101), storage_commit="true"))
        expires_at = datetime.fromisoformat(told["expires_at"])
        assert before - timedelta(seconds=1) <= expires_at <= before + timedelta(seconds=30)
        assert kept["expires_at"] is None
        _wait_until(expires_at + timedelta(seconds=1))

        gone = server.get(path_of(told, server))
        there = server.get(path_of(kept, server))
        again = done(optimize(server, jpeg(200, 100)))
        there_again = server.get(path_of(again, server))
        kept_again = done(optimize(server, jpeg(200, 101)))

        assert (gone.status, there.status) == (404, 200)
        assert gone.body.decode() == (
            "this result has expired; ask for the same picture again, or ask for it with "
            "storage_commit=true, which keeps a result for good\n"
        )
        assert (again["cached"], again["optimized_url"]) == (False, told["optimized_url"])
        assert there_again.status == 200
        assert (kept_again["cached"], kept_again["expires_at"]) == (True, None)


def _wait_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))
