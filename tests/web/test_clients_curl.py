"""What curl puts on the wire, replayed byte for byte."""

from tests.web.forms import multipart, request_with, upload
from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened, png
from tests.web.server import USERNAME, RunningServer


class TestCurl:
    def test_post_with_a_source_is_redirected_to_a_result_that_answers_post(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/image.jpg", jpeg())

        first = server.ask("POST", f"/{USERNAME}/320/{url}", {"Accept": "*/*"})
        second = server.ask("POST", first.headers["Location"], {"Accept": "*/*"})

        assert (first.status, first.body) == (303, b"")
        assert first.headers["Content-Length"] == "0"
        assert first.headers["Location"].startswith("/results/")
        assert second.status == 200
        assert opened(second.body).width == 320

    def test_get_head_and_post_of_a_result_agree(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/image.jpg", jpeg())
        location = server.ask("POST", f"/{USERNAME}/300/{url}").headers["Location"]

        answers = [server.ask(method, location) for method in ("GET", "POST", "HEAD")]

        assert answers[0].body == answers[1].body
        assert answers[2].body == b""
        lengths = {answer.headers["Content-Length"] for answer in answers}
        assert lengths == {str(len(answers[0].body))}

    def test_an_upload_form_is_answered_with_the_picture(self, server: RunningServer) -> None:
        answer = upload(
            server,
            "full",
            "multipart/form-data; boundary=------------------------abc",
            multipart(jpeg(), boundary="------------------------abc"),
        )

        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
        assert len(answer.body) < len(jpeg())

    def test_an_upload_that_waits_for_100_continue_is_told_to_go_on(
        self, server: RunningServer
    ) -> None:
        request = request_with(multipart(png()), "Expect: 100-continue", "Connection: close")

        received = server.raw(request)

        assert received.startswith(b"HTTP/1.1 100 Continue\r\n")
        assert b"\r\n\r\nHTTP/1.1 200 OK\r\n" in received

    def test_raw_bytes_above_ascii_in_the_target_reach_the_origin_escaped(
        self, server: RunningServer, origin: Origin
    ) -> None:
        origin.put("/caf%C3%A9.jpg", jpeg())
        target = f"/{USERNAME}/50/{origin.url}/café.jpg"

        received = server.raw(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

        assert received.startswith(b"HTTP/1.1 200 OK\r\n")
        assert origin.targets == ["/caf%C3%A9.jpg"]
