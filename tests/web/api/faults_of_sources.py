"""Sources that cannot be had: each a page of the origin, or an address that is not asked."""

import time
from typing import Any

from tests.web.api.provoking import Refused, World, provokes, refused, some_jpeg

# More than the server waits for a first byte, and less than a client does.
SILENT_SECONDS = 30


@provokes("source_not_found")
def a_page_that_is_gone(world: World) -> Refused:
    return world.optimize(world.origin.put("/gone.jpg", b"gone", status=410))


@provokes("source_not_public")
def an_address_behind_the_server(world: World) -> Refused:
    return world.optimize("http://10.0.0.1/a.jpg")


@provokes("source_not_allowed")
def a_host_that_the_operator_forbids(world: World) -> Refused:
    return world.optimize("http://denied.example/a.jpg")


@provokes("source_forbidden")
def a_page_for_members(world: World) -> Refused:
    return world.optimize(world.origin.put("/members.jpg", b"who?", status=401))


@provokes("source_encoded")
def a_picture_that_is_compressed_twice(world: World) -> Refused:
    headers = {"Content-Encoding": "gzip"}
    return world.optimize(world.origin.put("/zipped.jpg", some_jpeg(), headers=headers))


@provokes("source_truncated")
def an_answer_that_breaks_off(world: World) -> Refused:
    picture = some_jpeg()
    url = world.origin.put("/cut.jpg", picture[:900], announced_bytes=len(picture))
    return world.optimize(url)


@provokes("origin_failed")
def a_server_in_trouble(world: World) -> Refused:
    return world.optimize(world.origin.put("/trouble.jpg", b"oops", status=500))


@provokes("origin_timeout")
def a_server_that_says_nothing(world: World) -> Refused:
    return world.optimize(world.origin.put("/silent.jpg", silence, announced_bytes=10))


def silence(_: Any) -> None:
    time.sleep(SILENT_SECONDS)


@provokes("redirect_invalid")
def a_redirect_to_nowhere(world: World) -> Refused:
    return world.optimize(world.origin.put("/nowhere.jpg", b"", status=302))


@provokes("redirect_loop")
def a_redirect_to_itself(world: World) -> Refused:
    headers = {"Location": "/circle.jpg"}
    return world.optimize(world.origin.put("/circle.jpg", b"", status=302, headers=headers))


@provokes("redirect_limit")
def a_redirect_after_another(world: World) -> Refused:
    for number in range(12):
        headers = {"Location": f"/hop-{number + 1}.jpg"}
        world.origin.put(f"/hop-{number}.jpg", b"", status=302, headers=headers)
    return world.optimize(f"{world.origin.url}/hop-0.jpg")


@provokes("source_loop")
def a_request_that_has_passed_here_often(world: World) -> Refused:
    via = ", ".join(["1.1 imgproxy-py"] * 20)
    url = world.origin.put("/again.jpg", some_jpeg())
    body = b'{"url": "%s"}' % url.encode()
    return refused(
        world.ask("POST", "/api/optimize", body, Via=via, Content_Type="application/json")
    )


@provokes("source_nested_too_deep")
def an_address_of_this_server_in_itself_many_times(world: World) -> Refused:
    url = world.origin.put("/deep.jpg", some_jpeg())
    for _ in range(8):
        url = f"{world.server.url}/{world.holder.username}/full/{url}"
    return world.optimize(url)
