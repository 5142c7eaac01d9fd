"""Requests that cannot be read, or cannot be meant."""

import socket
from http.client import HTTPResponse

from tests.web.api.calling import MULTIPART, form
from tests.web.api.provoking import (
    BATCH,
    JOBS,
    JSON,
    KEYS,
    Refused,
    World,
    good,
    json_of,
    provokes,
    refused,
    some_jpeg,
)
from tests.web.server import Answer
from tests.web.test_errors import png_of_size

PICTURE = "https://a.example/b.jpg"


@provokes("bad_receipt")
def a_receipt_of_no_server(world: World) -> Refused:
    told = {"source": PICTURE, "result": PICTURE, "receipt": "nonsense"}
    return refused(world.ask("POST", "/api/v1/verify", json_of(told), Content_Type=JSON))


@provokes("body_invalid")
def an_array_where_an_object_is_due(world: World) -> Refused:
    return refused(world.ask("POST", "/api/optimize", b"[1]", Content_Type=JSON))


@provokes("body_too_large")
def more_text_than_a_body_may_have(world: World) -> Refused:
    return world.optimize(PICTURE, format="x" * 70_000)


@provokes("body_type_unknown")
def a_body_of_xml(world: World) -> Refused:
    answer = world.ask("POST", "/api/optimize", b"<url/>", Content_Type="application/xml")
    return refused(answer)


@provokes("field_invalid")
def a_width_in_words(world: World) -> Refused:
    return world.optimize(PICTURE, width="wide")


@provokes("file_missing")
def a_file_that_is_announced_and_does_not_come(world: World) -> Refused:
    body = form({"accept_file": "true"})
    return refused(world.ask("POST", "/api/optimize", body, Content_Type=MULTIPART))


@provokes("source_missing")
def no_picture_at_all(world: World) -> Refused:
    return world.optimize(width=100)


@provokes("source_ambiguous")
def a_file_and_a_url(world: World) -> Refused:
    return refused(world.upload(some_jpeg(), url=PICTURE))


@provokes("source_url_invalid")
def a_url_of_another_scheme(world: World) -> Refused:
    return world.optimize("ftp://a.example/b.jpg")


@provokes("option_unknown")
def an_option_that_nobody_knows(world: World) -> Refused:
    return world.optimize(PICTURE, options="100x100,wat=9")


@provokes("option_value_invalid")
def an_option_with_another_value(world: World) -> Refused:
    return world.optimize(PICTURE, options="crop=sideways")


@provokes("options_missing")
def options_of_nothing_but_a_comma(world: World) -> Refused:
    return world.optimize(PICTURE, options=",")


@provokes("options_size_incomplete")
def a_crop_of_one_side(world: World) -> Refused:
    return world.optimize(PICTURE, width=100, fit="crop")


@provokes("options_too_long")
def options_as_long_as_a_letter(world: World) -> Refused:
    return world.optimize(PICTURE, options="full," + "x" * 20_000)


@provokes("options_too_many")
def a_hundred_options(world: World) -> Refused:
    return world.optimize(PICTURE, options=",".join(["2x"] * 100))


@provokes("query_invalid")
def a_month_that_is_none(world: World) -> Refused:
    return refused(world.ask("GET", "/api/v1/usage?month=november"))


@provokes("cursor_invalid")
def a_cursor_out_of_the_air(world: World) -> Refused:
    return refused(world.ask("GET", f"{JOBS}?cursor=nowhere"))


@provokes("callback_url_invalid")
def a_callback_by_mail(world: World) -> Refused:
    return refused(world.job(url=PICTURE, callback_url="mailto:me@a.example"))


@provokes("client_batch_id_invalid")
def a_batch_without_a_name(world: World) -> Refused:
    return refused(world.batch(some_jpeg(), batch_id=""))


@provokes("idempotency_key_invalid")
def a_key_of_two_words(world: World) -> Refused:
    return refused(world.batch(some_jpeg(), key="two words"))


@provokes("idempotency_key_missing")
def a_chunk_without_a_key(world: World) -> Refused:
    return refused(world.batch(some_jpeg(), key=None))


@provokes("key_name_invalid")
def a_key_with_a_tab_in_its_name(world: World) -> Refused:
    return refused(world.ask("POST", KEYS, json_of({"name": "a\tb"}), Content_Type=JSON))


@provokes("upload_empty")
def a_file_without_bytes(world: World) -> Refused:
    return refused(world.upload(b""))


@provokes("upload_malformed")
def a_form_that_breaks_off(world: World) -> Refused:
    body = form({}, [("image", "photo.jpg", some_jpeg())])[:-40]
    return refused(world.ask("POST", "/api/optimize", body, Content_Type=MULTIPART))


@provokes("upload_missing")
def a_chunk_without_files(world: World) -> Refused:
    return refused(world.batch())


@provokes("upload_too_many")
def fifty_one_files(world: World) -> Refused:
    return refused(world.batch(*[some_jpeg()] * 51))


@provokes("upload_timeout")
def a_body_that_does_not_come(world: World) -> Refused:
    head = (
        f"POST /api/optimize HTTP/1.1\r\nHost: x\r\nX-API-Key: {world.holder.key}\r\n"
        f"Content-Type: {MULTIPART}\r\nContent-Length: 1000\r\n\r\n--b0und"
    )
    with socket.create_connection((world.server.host, world.server.port), timeout=20) as sock:
        sock.sendall(head.encode())
        response = HTTPResponse(sock)
        response.begin()
        answer = Answer(
            status=response.status,
            reason=response.reason,
            headers=response.headers,
            body=response.read(),
        )
    return refused(answer)


@provokes("filename_invalid")
def a_file_whose_name_is_a_path_to_nowhere(world: World) -> Refused:
    told = good(world.batch(some_jpeg(), name="../.."))["rejected_files"][0]
    return Refused(code=told["code"], words=told["message"])


@provokes("not_an_image")
def a_letter(world: World) -> Refused:
    return refused(world.upload(b"Dear Sir or Madam, " * 20))


@provokes("broken_image")
def a_picture_with_a_hole(world: World) -> Refused:
    return refused(world.upload(some_jpeg()[:300] + bytes(3000)))


@provokes("image_too_large")
def a_picture_that_promises_too_many_pixels(world: World) -> Refused:
    return refused(world.upload(png_of_size(30_000, 30_000)))


@provokes("impossible_result")
def a_canvas_that_is_too_large(world: World) -> Refused:
    return refused(world.upload(some_jpeg(), options="8000x8000,3x,pad"))


@provokes("source_too_large")
def a_file_beyond_the_limit(world: World) -> Refused:
    return refused(world.upload(some_jpeg() + bytes(3_000_000)))


@provokes("method_not_allowed")
def a_method_of_another_address(world: World) -> Refused:
    return refused(world.ask("DELETE", "/api/optimize"))


@provokes("page_not_found")
def an_address_of_nothing(world: World) -> Refused:
    return refused(world.ask("GET", f"{BATCH}/nothing"))


@provokes("api_key_missing")
def nobody(world: World) -> Refused:
    return refused(world.server.get(JOBS))


@provokes("api_key_invalid")
def a_key_of_nobody(world: World) -> Refused:
    return refused(world.server.get(JOBS, X_API_Key="opt_" + "n" * 43))
