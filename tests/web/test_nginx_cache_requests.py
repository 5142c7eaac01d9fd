"""deploy/nginx-cache.conf in a real nginx: methods, ranges, conditions, errors, the API."""

from tests.web.caching_nginx import LASTING, headers, nginx, states
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.result_urls import CHROME
from tests.web.server import API_KEY, USERNAME, Answer, RunningServer

__all__ = ["nginx"]

NAVIGATION = "text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8"


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
