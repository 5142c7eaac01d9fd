"""Fetching with the settings a new installation has: nothing that is not public is ever reached."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.waiting import eventually
from tests.web.origin import Origin, running_origin
from tests.web.pictures import jpeg, opened
from tests.web.server import USERNAME, RunningServer, running_server


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """No allowed networks; every port, so that nothing but the address stands in the way."""
    data_dir = tmp_path_factory.mktemp("strict") / "data"
    with running_server(data_dir, ALLOWED_NETWORKS="", ENGINE_WORKERS="1") as running:
        yield running


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """No allowed networks, and the ports 80 and 443 only."""
    data_dir = tmp_path_factory.mktemp("default") / "data"
    settings = {"ALLOWED_NETWORKS": "", "ALLOWED_PORTS": "", "ENGINE_WORKERS": "1"}
    with running_server(data_dir, **settings) as running:
        yield running


class Trap:
    """A listening socket that counts who comes."""

    def __init__(self) -> None:
        self.visitors = 0
        self._sock = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._sock.getsockname()[1]
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._sock.accept()
            except OSError:
                return
            self.visitors += 1
            connection.close()

    def close(self) -> None:
        self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        self._thread.join()


@contextmanager
def trap_set() -> Iterator[Trap]:
    trap = Trap()
    try:
        yield trap
    finally:
        trap.close()


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with trap_set() as trap:
        yield trap


ADDRESSES = [
    ("127.0.0.1", 404),
    ("127.0.0.1.", 404),
    ("0.0.0.0", 404),
    ("10.0.0.1", 404),
    ("169.254.169.254", 404),
    ("192.168.1.1", 404),
    ("localhost", 404),
    ("LOCALHOST.", 404),
    ("[::1]", 404),
    ("[::]", 404),
    ("[::ffff:127.0.0.1]", 404),
    ("[::127.0.0.1]", 404),
    ("[64:ff9b::7f00:1]", 404),
    ("[2002:7f00:1::]", 404),
    ("[fe80::1]", 404),
    ("[fe80::1%25eth0]", 400),
    ("2130706433", 400),
    ("0x7f000001", 400),
    ("0x7f.1", 400),
    ("017700000001", 400),
    ("0177.0.0.1", 400),
    ("127.1", 400),
    ("127.0.1", 400),
    ("１２７.0.0.1", 400),
    ("127。0。0。1", 400),
    ("127%E3%80%820.0.1", 400),
    ("user:secret@127.0.0.1", 404),
]


@pytest.mark.parametrize("spelling", ["raw", "encoded"])
@pytest.mark.parametrize(("host", "status"), ADDRESSES)
def test_no_spelling_of_a_private_address_is_connected(
    strict: RunningServer, trap: Trap, host: str, status: int, spelling: str
) -> None:
    source = f"http://{host}:{trap.port}/a.jpg"
    if spelling == "encoded":
        source = source.replace("%", "%25").replace(":", "%3A").replace("/", "%2F")
    before = trap.visitors

    received = strict.raw(
        f"GET /{USERNAME}/100/{source} HTTP/1.1\r\nHost: x\r\n"
        "Accept: application/im2+json\r\nConnection: close\r\n\r\n".encode()
    )

    told = json.loads(received.partition(b"\r\n\r\n")[2])
    assert told["status"] == status, told
    assert trap.visitors == before
    assert "secret" not in told["error"]
    if status == 404:
        assert told["error"] == "the source's host is not on the public Internet"


@pytest.mark.parametrize("port", [22, 25, 8080, 65_535])
def test_a_port_outside_of_the_list_is_refused(default: RunningServer, port: int) -> None:
    answer = default.get(f"/{USERNAME}/100/http://a.example:{port}/b.jpg")

    assert (answer.status, answer.body) == (
        403,
        f"sources on port {port} are not allowed\n".encode(),
    )


def test_a_resolved_address_is_not_told(strict: RunningServer, trap: Trap) -> None:
    answer = strict.get(f"/{USERNAME}/100/http://localhost:{trap.port}/a.jpg")

    assert answer.body == b"the source's host is not on the public Internet\n"


class TestRedirects:
    """On the server where loopback is allowed: what is refused is refused for other reasons."""

    def put_chain(self, origin: Origin, hops: int) -> str:
        for hop in range(hops):
            target = f"/{hop + 1}" if hop + 1 < hops else "/photo.jpg"
            origin.put(f"/{hop}", b"", status=302, headers={"Location": target})
        origin.put("/photo.jpg", jpeg())
        return f"{origin.url}/0"

    def test_five_hops_are_followed(self, server: RunningServer, origin: Origin) -> None:
        answer = server.get(f"/{USERNAME}/100/{self.put_chain(origin, 5)}")

        assert (answer.status, opened(answer.body).width) == (200, 100)
        assert len(origin.requests) == 6

    def test_six_are_not(self, server: RunningServer, origin: Origin) -> None:
        answer = server.get(f"/{USERNAME}/100/{self.put_chain(origin, 6)}")

        assert answer.status == 502
        assert b"redirects more than 5 times" in answer.body

    def test_a_circle_is_noticed_at_once(self, server: RunningServer, origin: Origin) -> None:
        url = origin.put("/a", b"", status=301, headers={"Location": "/b"})
        origin.put("/b", b"", status=301, headers={"Location": "/a"})

        answer = server.get(f"/{USERNAME}/100/{url}")

        assert (answer.status, len(origin.requests)) == (502, 2)

    @pytest.mark.parametrize(
        ("location", "status"),
        [
            ("http://[::ffff:10.1.2.3]/a.jpg", 404),
            ("http://169.254.169.254/latest/meta-data", 404),
            ("http://127.1/a.jpg", 502),
            ("file:///etc/passwd", 502),
            ("ftp://a.example/b.jpg", 502),
        ],
    )
    def test_no_redirect_leads_where_a_source_may_not_be(
        self, server: RunningServer, origin: Origin, location: str, status: int
    ) -> None:
        url = origin.put("/a", b"", status=302, headers={"Location": location})

        answer = server.get(f"/{USERNAME}/100/{url}")

        assert answer.status == status
        assert b"169.254" not in answer.body

    def test_a_private_address_behind_a_redirect_is_not_connected(
        self, tmp_path_factory: pytest.TempPathFactory, trap: Trap, origin: Origin
    ) -> None:
        """Only 127.0.0.1 may be fetched there; the redirect leads to the same port of ::1."""
        data_dir = tmp_path_factory.mktemp("one-address") / "data"
        with running_server(data_dir, ALLOWED_NETWORKS="127.0.0.1/32") as server:
            location = f"http://[::ffff:127.0.0.2]:{trap.port}/a.jpg"
            url = origin.put("/a", b"", status=302, headers={"Location": location})
            before = trap.visitors
            answer = server.get(f"/{USERNAME}/100/{url}")

        assert (answer.status, trap.visitors) == (404, before)


class TestLoops:
    def test_a_source_that_is_this_server_under_another_name_ends(
        self, server: RunningServer
    ) -> None:
        """Without the count in `Via` each answer would ask for the next one, for ever."""
        other_name = f"http://127.0.0.1.:{server.port}"
        with running_origin() as origin:
            here = f"{other_name}/{USERNAME}/99/{origin.url}/loop.jpg"
            url = origin.put("/loop.jpg", b"", status=302, headers={"Location": here})
            answer = server.get(f"/{USERNAME}/100/{url}")
            asked = len(origin.requests)

        assert answer.status in (400, 502)
        assert asked <= 6

    def test_requests_that_passed_us_often_enough_are_refused(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())
        via = ", ".join(["1.1 imgproxy-py"] * 5)

        answer = server.get(f"/{USERNAME}/98/{url}", Via=f"1.1 nginx, {via}")

        assert (answer.status, origin.requests) == (400, [])
        assert b"leads through this server" in answer.body

    def test_own_urls_nested_too_deep_are_refused(self, server: RunningServer) -> None:
        nested = f"{server.url}/static/sample.jpg"
        for width in range(300, 307):
            nested = f"{server.url}/{USERNAME}/{width}/{nested}"

        answer = server.get(f"/{USERNAME}/50/{nested}")

        assert answer.status == 400
        assert b"leads back to this server more than 5 times" in answer.body

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("", 404),
            ("/", 404),
            ("/livez", 404),
            ("/results/none", 404),
            ("/static/none.jpg", 404),
            (f"/{USERNAME}/full", 404),
            (f"/{USERNAME}/meta/http://127.0.0.1/a.jpg", 404),
            ("/nobody/full/http://127.0.0.1/a.jpg", 403),
            (f"/{USERNAME}/wat=1/http://127.0.0.1/a.jpg", 400),
        ],
    )
    def test_an_own_url_that_is_no_picture_is_told_as_such(
        self, server: RunningServer, path: str, status: int
    ) -> None:
        assert server.get(f"/{USERNAME}/50/{server.url}{path}").status == status


def test_the_origin_hears_nothing_of_the_client(server: RunningServer, origin: Origin) -> None:
    url = origin.put("/photo.jpg", jpeg())

    server.get(
        f"/{USERNAME}/97/{url}",
        Cookie="session=1",
        Authorization="Bearer x",
        If_None_Match='"x"',
        Range="bytes=0-1",
        Referer="https://site.example/",
        X_Forwarded_For="192.0.2.1",
    )

    headers = origin.requests[0]
    assert headers["via"] == "1.1 imgproxy-py"
    assert headers["accept-encoding"] == "identity"
    assert not headers.keys() & {
        "cookie", "authorization", "if-none-match", "range", "referer", "x-forwarded-for",
    }  # fmt: skip


def test_user_info_goes_to_the_origin_and_into_no_log(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/photo.jpg", jpeg()).replace("http://", "http://me:pa55word@")

    answer = server.ask("POST", f"/{USERNAME}/96/{url}")

    assert answer.status == 200  # an answer to credentials is private
    assert origin.requests[0]["authorization"] == "Basic bWU6cGE1NXdvcmQ="
    log = server.data_dir / "server.log"
    assert eventually(lambda: f"/{USERNAME}/96/" in log.read_text())  # lines are written together
    assert "pa55word" not in log.read_text()
