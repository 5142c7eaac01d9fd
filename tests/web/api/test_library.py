"""The library over a real socket: what is kept is listed with its size, and can be deleted."""

import pytest

from tests.web.api.accounts import Holder, new_account
from tests.web.api.calling import done, optimize, path_of, problem, with_key
from tests.web.api.sending import shown
from tests.web.pictures import jpeg
from tests.web.server import Answer, RunningServer

LIBRARY = "/api/v1/library"


@pytest.fixture
def holder(api_server: RunningServer) -> Holder:
    return new_account(api_server)


def ask(server: RunningServer, holder: Holder, target: str = "", method: str = "GET") -> Answer:
    return server.ask(method, LIBRARY + target, with_key(holder.key))


def kept(
    server: RunningServer, holder: Holder, picture: bytes, *, filename: str = "photo.jpg"
) -> str:
    """The path of a result that is kept for good."""
    headers = with_key(holder.key)
    answer = optimize(server, picture, headers=headers, filename=filename, storage_commit="true")
    return path_of(done(answer), server)


def test_what_is_kept_is_told_with_its_url_and_its_size(
    api_server: RunningServer, holder: Holder
) -> None:
    path = kept(api_server, holder, jpeg(95, 63), filename="spring/first.jpg")
    optimize(api_server, jpeg(96, 63), headers=with_key(holder.key))

    told = shown(ask(api_server, holder))

    body = api_server.get(path).body
    [result] = told["results"]
    assert result.pop("kept_at").endswith("Z")
    assert result == {
        "id": path.removeprefix("/results/"),
        "optimized_url": api_server.url + path,
        "filename": "first",
        "optimized_size": len(body),
        "media_type": "image/jpeg",
        "width": 95,
        "height": 63,
    }
    assert (told["total_results"], told["total_bytes"], told["next_cursor"]) == (1, len(body), None)


def test_pages_hold_every_result_once_the_newest_first(
    api_server: RunningServer, holder: Holder
) -> None:
    paths = [kept(api_server, holder, jpeg(100 + number, 60)) for number in range(5)]

    seen, target = [], "?limit=2"
    for _ in range(3):
        told = shown(ask(api_server, holder, target))
        seen += [f"/results/{each['id']}" for each in told["results"]]
        target = f"?limit=2&cursor={told['next_cursor']}"

    assert told["next_cursor"] is None
    assert seen == paths[::-1]
    assert told["total_results"] == 5


def test_what_is_deleted_answers_no_more_and_is_an_image_again(
    api_server: RunningServer, holder: Holder
) -> None:
    picture = jpeg(97, 64)
    path = kept(api_server, holder, picture)
    target = "/" + path.removeprefix("/results/")

    assert ask(api_server, holder, target, "DELETE").status == 204

    assert api_server.get(path).status == 404
    assert shown(ask(api_server, holder))["total_results"] == 0
    assert problem(ask(api_server, holder, target, "DELETE")) == (
        404,
        "result_not_found",
        "there is no such result here (any more); ask for the picture again",
    )
    assert not done(optimize(api_server, picture, headers=with_key(holder.key)))["cached"]


def test_another_account_sees_and_deletes_nothing_of_it(
    api_server: RunningServer, holder: Holder
) -> None:
    path = kept(api_server, holder, jpeg(98, 65))
    other = new_account(api_server)

    refused = ask(api_server, other, "/" + path.removeprefix("/results/"), "DELETE")

    assert problem(refused)[:2] == (404, "result_not_found")
    assert shown(ask(api_server, other))["results"] == []
    assert api_server.get(path).status == 200


@pytest.mark.parametrize(
    ("query", "code"), [("?cursor=x", "cursor_invalid"), ("?limit=0", "query_invalid")]
)
def test_a_page_that_cannot_be_is_refused(
    api_server: RunningServer, holder: Holder, query: str, code: str
) -> None:
    assert problem(ask(api_server, holder, query))[:2] == (400, code)


def test_the_same_picture_under_another_name_is_offered_under_that_name(
    api_server: RunningServer, holder: Holder
) -> None:
    headers, picture = with_key(holder.key), jpeg(99, 66)

    told = [
        done(optimize(api_server, picture, headers=headers, filename=name))
        for name in ("first.jpg", "second.jpg")
    ]

    assert [each["cached"] for each in told] == [False, True]
    names = [
        api_server.get(path_of(each, api_server)).headers["Content-Disposition"] for each in told
    ]
    assert "first.jpg" in (names[0] or "")
    assert "second.jpg" in (names[1] or "")
