"""deploy/nginx-cache.conf in a real nginx: what it keeps, for whom, and for how long."""

import re
import time

import pytest

from tests.waiting import eventually
from tests.web.caching_nginx import LASTING, headers, nginx, states
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.result_urls import CHROME
from tests.web.server import USERNAME, RunningServer

__all__ = ["nginx"]

FIREFOX = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
OLD_SAFARI = "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"
NAVIGATION = "text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8"
REFUSES_AVIF = "image/avif;q=0, image/webp ; q=0.0, image/*"


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
    nginx: RunningServer, server: RunningServer, origin: Origin
) -> None:
    """But for what tells of one answer and not of the picture."""
    target = f"/{USERNAME}/wat=1,49/{origin.put('/p.jpg', jpeg(64, 48), headers=LASTING)}"
    target = target.replace("wat=1,", "qualty=low,")  # a warning goes through, too
    nginx.get(target)

    through, direct = nginx.get(target), server.get(target)

    of_one = {"Date", "Cache-Control", "Cache-Status", "Server-Timing"}
    names = {name.title() for name in headers(through)}
    assert names >= {name.title() for name in headers(direct)}
    assert through.body == direct.body
    for name in {name.title() for name in headers(direct)} - of_one:
        assert through.all(name) == direct.all(name), name


def test_browsers_with_the_same_formats_share_a_copy_and_others_have_their_own(
    nginx: RunningServer, server: RunningServer, origin: Origin
) -> None:
    target = f"/{USERNAME}/300/{origin.put('/photo.jpg', jpeg(), headers=LASTING)}"
    accepts = (CHROME, FIREFOX, OLD_SAFARI, "*/*", REFUSES_AVIF, "", NAVIGATION)

    answers = [nginx.get(target, Accept=accept) for accept in accepts]

    assert states(*answers) == ["MISS", "HIT", "MISS", "MISS", "HIT", "HIT", "MISS"]
    direct = [server.get(target, Accept=accept) for accept in accepts]
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
