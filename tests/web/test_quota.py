"""The quota of a month, over real sockets: both surfaces count against one, and only what was
made counts."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import eventually
from tests.web.api.calling import done, optimize, path_of, problem
from tests.web.asking import fetch, upload
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.server import USERNAME, RunningServer, server_with_plan

PLAN = """
[two]
keys = 1
requests_per_minute = "unlimited"
images_per_month = 2
"""
USED_UP = "the 2 images of this month are used up; the quota begins anew on "


@pytest.fixture
def small(tmp_path: Path) -> Iterator[RunningServer]:
    """A server whose only account may have two images made."""
    with server_with_plan(tmp_path, PLAN) as running:
        yield running


def used(server: RunningServer) -> int:
    """Images of the month, and no reservation is left behind."""
    with sqlite3.connect(server.data_dir / "imgproxy.db") as database:
        (left,) = database.execute("SELECT count(*) FROM quota_reservations").fetchone()
        (count,) = database.execute("SELECT coalesce(sum(used), 0) FROM quota_months").fetchone()
    assert left == 0
    return int(count)


def counted(server: RunningServer) -> tuple[int, int, int]:
    """Images, hits and failures of the reports, as far as they have been written."""
    with sqlite3.connect(server.data_dir / "imgproxy.db") as database:
        query = "SELECT sum(images), sum(cache_hits), sum(failures) FROM usage_days"
        images, hits, failures = database.execute(query).fetchone()
    return images or 0, hits or 0, failures or 0


def bytes_by_key(server: RunningServer) -> dict[str, tuple[int, int]]:
    """Bytes of sources and of results; the empty key stands for what came by username."""
    with sqlite3.connect(server.data_dir / "imgproxy.db") as database:
        query = "SELECT key_id, source_bytes, result_bytes FROM usage_days"
        return {key_id: (before, after) for key_id, before, after in database.execute(query)}


def test_the_third_image_is_refused_in_each_shape_of_an_error(
    small: RunningServer,
) -> None:
    assert upload(small, "100", jpeg(640, 480)).status == 200
    assert upload(small, "101", jpeg(640, 480)).status == 200

    text = upload(small, "102", jpeg(640, 480))
    of_client = upload(small, "102", jpeg(640, 480), accept="application/im2+json")
    page = upload(small, "102", jpeg(640, 480), accept="text/html")

    assert [answer.status for answer in (text, of_client, page)] == [402] * 3
    assert text.body.decode().startswith(USED_UP)
    told = json.loads(of_client.body)
    assert (told["status"], told["code"]) == (402, "quota_exceeded")
    assert told["error"].startswith(USED_UP)
    assert "quota_exceeded" in page.body.decode()
    assert used(small) == 2


def test_both_surfaces_count_against_one_quota(small: RunningServer) -> None:
    assert upload(small, "100", jpeg(640, 480)).status == 200
    done(optimize(small, jpeg(640, 480), width="101"))

    by_key = problem(optimize(small, jpeg(640, 480), width="102"))
    by_username = upload(small, "102", jpeg(640, 480))

    assert (by_key[0], by_key[1], by_username.status) == (402, "quota_exceeded", 402)
    assert by_key[2].startswith(USED_UP)


def test_hits_failures_facts_and_results_fed_back_cost_nothing(
    small: RunningServer, origin: Origin
) -> None:
    url = origin.put("/a.jpg", jpeg(640, 480), headers={"Cache-Control": "max-age=600"})
    told = done(optimize(small, jpeg(641, 480), format="jpeg"))
    result = small.get(path_of(told, small)).body

    free = [
        optimize(small, jpeg(641, 480), format="jpeg"),
        optimize(small, result, format="jpeg"),
        upload(small, "meta", jpeg(640, 480)),
        upload(small, "full", b"no picture at all"),
        optimize(small, b"no picture at all"),
        fetch(small, "100", f"{origin.url}/missing.jpg"),
    ]
    last = [fetch(small, options, url) for options in ("100", "100", "101", "100")]

    assert [answer.status for answer in free] == [200, 200, 200, 415, 415, 404]
    assert [answer.status for answer in last] == [200, 200, 402, 200]
    assert used(small) == 2
    # A repeat, the result fed back and two of the last are hits; three failed.
    assert eventually(lambda: counted(small) == (2, 4, 3))


def test_an_image_that_fails_is_given_back(small: RunningServer) -> None:
    failures = [
        optimize(small, b"no picture"),
        upload(small, "100", b"GIF89a and no frame"),
        optimize(small, b"\x89PNG\r\n\x1a\n and no header"),
    ]
    made = [upload(small, f"{width}", jpeg(640, 480)) for width in (100, 101, 102)]

    assert [answer.status for answer in failures] == [415, 422, 422]
    assert [answer.status for answer in made] == [200, 200, 402]
    assert used(small) == 2


def test_what_the_url_surface_made_costs_the_api_an_image_and_is_no_hit_of_its_own(
    small: RunningServer, origin: Origin
) -> None:
    url = origin.put("/b.jpg", jpeg(640, 480), headers={"Cache-Control": "max-age=600"})
    assert fetch(small, "100", url).status == 200

    first = done(optimize(small, url, width="100"))
    again = done(optimize(small, url, width="100"))
    asked_of_origin = list(origin.targets)
    refused = problem(optimize(small, url, width="101"))

    assert (first["cached"], again["cached"], refused[0]) == (False, True, 402)
    assert used(small) == 2
    assert asked_of_origin == ["/b.jpg"]


def test_reports_tell_the_two_surfaces_apart(small: RunningServer) -> None:
    source = jpeg(640, 480)
    by_username = upload(small, "100", source)
    told = done(optimize(small, source, width="101"))
    done(optimize(small, source, width="101"))

    assert eventually(lambda: counted(small)[:2] == (2, 1))
    of_username, of_key = sorted(bytes_by_key(small).items())
    assert of_username == ("", (len(source), len(by_username.body)))
    assert of_key[1] == (2 * len(source), 2 * told["optimized_size"])


def test_an_unknown_username_is_refused_before_any_quota(small: RunningServer) -> None:
    answer = small.ask("POST", f"/not-{USERNAME}/100", {"Content-Type": "image/jpeg"}, jpeg())

    assert (answer.status, used(small)) == (403, 0)
