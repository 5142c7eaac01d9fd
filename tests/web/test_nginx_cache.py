"""deploy/nginx-cache.conf in a real nginx, between real clients and the real server."""

import re
import time
from collections.abc import Iterator

import pytest

from tests.nginx import running_nginx
from tests.waiting import eventually
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.result_urls import CHROME
from tests.web.server import API_KEY, USERNAME, Answer, RunningServer

FIREFOX = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
OLD_SAFARI = "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"
NAVIGATION = "text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8"
REFUSES_AVIF = "image/avif;q=0, image/webp ; q=0.0, image/*"
LASTING = {"Cache-Control": "max-age=600"}


@pytest.fixture(scope="module")
def nginx(
    steady: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The steady server, asked through the nginx of the sample."""
    folder = tmp_path_factory.mktemp("nginx")
    changes = {"/var/cache/nginx/imgproxy-py": f"{folder}/cache"}
    sample = "nginx-cache.conf"
    with running_nginx(sample, folder, upstream_port=steady.port, changes=changes) as port:
        yield RunningServer(host="127.0.0.1", port=port, pid=steady.pid, data_dir=steady.data_dir)


def states(*answers: Answer) -> list[str | None]:
    return [answer.headers["X-Cache-Status"] for answer in answers]


def headers(answer: Answer) -> dict[str, str]:
    """All but what nginx says of itself and of the connection."""
    own = {"server", "connection", "x-cache-status"}
    return {name: value for name, value in answer.headers.items() if name.lower() not in own}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/a//b///c.jpg", id="slashes"),
        pytest.param("/a%2Fb%20c%252F.jpg", id="escapes"),
        pytest.param("/i?url=https://x.y//z&w=1%2F2", id="a query"),
        pytest.param("/i?url=https://x.y//z&w=1%2F3", id="a query that ends otherwise"),
    ],
)
def test_cold_and_warm_are_the_same_answer(nginx: RunningServer, origin: Origin, path: str) -> None:
    target = f"/{USERNAME}/48/{origin.put(path, jpeg(64, 48), headers=LASTING)}"

    cold, warm = nginx.get(target), nginx.get(target)

    assert states(cold, warm) == ["MISS", "HIT"]
    assert (cold.status, warm.status, warm.body) == (200, 200, cold.body)
    assert headers(warm) == headers(cold)
    assert warm.headers["Vary"] == "Accept"
    assert origin.targets == [path]


def test_what_nginx_sends_is_what_the_server_says(
    nginx: RunningServer, steady: RunningServer, origin: Origin
) -> None:
    """But for what tells of one answer and not of the picture."""
    target = f"/{USERNAME}/wat=1,49/{origin.put('/p.jpg', jpeg(64, 48), headers=LASTING)}"
    target = target.replace("wat=1,", "qualty=low,")  # a warning goes through, too
    nginx.get(target)

    through, direct = nginx.get(target), steady.get(target)

    of_one = {"Date", "Cache-Control", "Cache-Status", "Server-Timing"}
    names = {name.title() for name in headers(through)}
    assert names >= {name.title() for name in headers(direct)}
    assert through.body == direct.body
    for name in {name.title() for name in headers(direct)} - of_one:
        assert through.all(name) == direct.all(name), name


def test_browsers_with_the_same_formats_share_a_copy_and_others_have_their_own(
    nginx: RunningServer, steady: RunningServer, origin: Origin
) -> None:
    target = f"/{USERNAME}/300/{origin.put('/photo.jpg', jpeg(), headers=LASTING)}"
    accepts = (CHROME, FIREFOX, OLD_SAFARI, "*/*", REFUSES_AVIF, "", NAVIGATION)

    answers = [nginx.get(target, Accept=accept) for accept in accepts]

    assert states(*answers) == ["MISS", "HIT", "MISS", "MISS", "HIT", "HIT", "MISS"]
    direct = [steady.get(target, Accept=accept) for accept in accepts]
    assert [answer.body for answer in answers] == [answer.body for answer in direct]
    assert answers[0].headers["Content-Type"] == "image/avif"
    assert answers[3].headers["Content-Type"] == "image/jpeg"
    assert {answer.headers["Vary"] for answer in answers} == {"Accept"}


def test_nothing_is_kept_for_longer_than_its_origin_allowed(
    nginx: RunningServer, origin: Origin
) -> None:
    """Of 600 seconds 596 are over, and nothing was said of stale answers: nginx may keep it for 4
    and then has to ask. What it tells a browser then is new as well."""
    said = {"Cache-Control": "s-maxage=600, max-age=900", "Age": "596"}
    target = f"/{USERNAME}/50/{origin.put('/old.jpg', jpeg(64, 48), headers=said)}"
    answers = [nginx.get(target)]
    arrived_at = time.time()
    hits: list[float] = []

    def is_over() -> bool:
        asked_at = time.time()
        answers.append(nginx.get(target))
        is_hit = states(answers[-1]) == ["HIT"]
        hits.extend([asked_at] if is_hit else [])
        return not is_hit

    assert eventually(is_over)
    left = re.search(r"s-maxage=(\d+)", str(answers[0].headers["Cache-Control"]))
    # nginx counts whole seconds, from its own.
    assert left is not None
    assert all(asked_at <= arrived_at + int(left[1]) + 1 for asked_at in hits)
    assert states(answers[0]) == ["MISS"]
    assert "STALE" not in states(*answers)
    assert {answer.headers["Date"] for answer in answers[:-1]} == {answers[0].headers["Date"]}
    assert answers[-1].headers["Date"] != answers[0].headers["Date"]


def test_a_stale_answer_is_used_where_the_origin_allows_it_and_then_renewed(
    nginx: RunningServer, origin: Origin
) -> None:
    said = {"Cache-Control": "max-age=3, stale-while-revalidate=600"}
    target = f"/{USERNAME}/51/{origin.put('/swr.jpg', jpeg(64, 48), headers=said)}"

    assert eventually(lambda: states(nginx.get(target)) == ["HIT"])
    first = nginx.get(target)
    assert eventually(lambda: states(nginx.get(target)) == ["STALE"])
    assert eventually(lambda: nginx.get(target).headers["Date"] != first.headers["Date"])


@pytest.mark.parametrize("said", ["private, max-age=600", "no-store", "no-cache"])
def test_what_its_origin_keeps_from_shared_caches_is_not_kept(
    nginx: RunningServer, origin: Origin, said: str
) -> None:
    url = origin.put("/private.jpg", jpeg(64, 48), headers={"Cache-Control": said})

    answers = [nginx.get(f"/{USERNAME}/52/{url}") for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert "HIT" not in states(*answers)


def test_failures_are_kept_for_a_minute_at_most_and_most_not_at_all(
    nginx: RunningServer, origin: Origin
) -> None:
    origin.put("/broken.jpg", b"", status=500)

    def twice(target: str) -> list[Answer]:
        return [nginx.get(target) for _ in range(2)]

    missing = twice(f"/{USERNAME}/53/{origin.url}/missing.jpg")
    wrong = twice(f"/{USERNAME}/wat=1/{origin.url}/missing.jpg")
    broken = twice(f"/{USERNAME}/53/{origin.url}/broken.jpg")

    assert [answer.status for answer in (*missing, *wrong, *broken)] == [404] * 2 + [400] * 2 + [
        502
    ] * 2
    assert states(*missing, *wrong, *broken) == ["MISS", "HIT", *["MISS"] * 4]
    assert str(missing[0].headers["Cache-Control"]) in ("max-age=60", "max-age=59")


def test_an_error_is_a_page_for_a_person_and_a_line_for_an_image(nginx: RunningServer) -> None:
    target = f"/{USERNAME}/wat=1/http://e.com/a.jpg"
    wanted = {
        NAVIGATION: "text/html; charset=utf-8",
        CHROME: "text/plain; charset=utf-8",
        "application/im2+json, */*": "application/im2+json",
        "application/json": "application/problem+json",
    }

    given = {accept: nginx.get(target, Accept=accept) for accept in wanted}

    assert {accept: answer.headers["Content-Type"] for accept, answer in given.items()} == wanted


def test_head_ranges_and_conditions_are_answered_from_the_cache(
    nginx: RunningServer, origin: Origin
) -> None:
    target = f"/{USERNAME}/54/{origin.put('/parts.jpg', jpeg(64, 48), headers=LASTING)}"

    first = nginx.ask("HEAD", target)
    whole = nginx.get(target)
    etag = str(whole.headers["ETag"])
    part = nginx.get(target, Range="bytes=3-9")
    same = nginx.get(target, Range="bytes=-5", If_Range=etag)
    other = nginx.get(target, Range="bytes=-5", If_Range='"another"')
    beyond = nginx.get(target, Range="bytes=999999-")
    good = nginx.get(target, If_None_Match=f'"x", {etag}')

    assert states(first, whole, part, same, other, good) == ["MISS", *["HIT"] * 5]
    assert (first.body, headers(first)) == (b"", headers(whole))
    assert (part.status, part.body) == (206, whole.body[3:10])
    assert part.headers["Content-Range"] == f"bytes 3-9/{len(whole.body)}"
    assert (same.status, same.body) == (206, whole.body[-5:])
    assert (other.status, other.body) == (200, whole.body)
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.body)}")
    assert (good.status, good.body, good.headers["ETag"]) == (304, b"", etag)
    assert good.headers["Cache-Control"] == whole.headers["Cache-Control"]
    assert good.headers["Vary"] == "Accept"


def test_a_cold_range_is_a_range_and_leaves_the_whole(nginx: RunningServer, origin: Origin) -> None:
    target = f"/{USERNAME}/55/{origin.put('/cold.jpg', jpeg(64, 48), headers=LASTING)}"

    part, whole = nginx.get(target, Range="bytes=0-3"), nginx.get(target)

    assert states(part, whole) == ["MISS", "HIT"]
    assert (part.status, part.body) == (206, whole.body[:4])
    assert len(whole.body) == int(str(whole.headers["Content-Length"])) > 4


def test_a_post_is_not_kept_and_the_result_it_leads_to_is(
    nginx: RunningServer, origin: Origin
) -> None:
    target = f"/{USERNAME}/56/{origin.put('/posted.jpg', jpeg(64, 48), headers=LASTING)}"

    posts = [nginx.ask("POST", target) for _ in range(2)]
    results = [nginx.get(str(post.headers["Location"])) for post in posts]

    assert [answer.status for answer in posts] == [303, 303]
    assert states(*posts, *results) == [None, None, "MISS", "HIT"]
    assert results[0].headers["Vary"] is None


def test_what_accounts_ask_is_not_kept(nginx: RunningServer) -> None:
    answers = [
        nginx.get("/api/v1/account", X_API_Key=API_KEY),
        nginx.get("/api/v1/account"),
        nginx.get("/livez"),
    ]

    assert [answer.status for answer in answers] == [200, 401, 200]
    assert states(*answers) == [None, None, None]


def test_client_hints_and_a_claim_to_be_nginx_do_not_get_through(
    nginx: RunningServer, origin: Origin
) -> None:
    """Whatever is not in the key must not decide what is kept under it."""
    target = f"/{USERNAME}/57/{origin.put('/hints.jpg', jpeg(64, 48), headers=LASTING)}"

    hinted = nginx.get(target, Sec_CH_DPR="3", Save_Data="on", X_Accel_Capable="/_results/")
    plain = nginx.get(target)

    assert states(hinted, plain) == ["MISS", "HIT"]
    assert (hinted.status, hinted.body) == (200, plain.body)
