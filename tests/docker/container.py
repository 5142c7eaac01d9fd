"""An image's CMD, running as its USER on a loopback port."""

import http.client
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.docker.debian_root import ended, first_process, kill
from tests.docker.image import Image
from tests.ports import free_port, is_listening
from tests.waiting import eventually

START_SECONDS = 60
USERNAME = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """CMD of the image, running; `pid` is the server's own id on this machine."""

    image: Image
    port: int
    pid: int
    process: "subprocess.Popen[str]"
    lines: list[str]

    @property
    def log(self) -> str:
        """The last of what the server printed, to stand beside a failure."""
        return "".join(self.lines[-40:])

    def ask(self, method: str, target: str, body: bytes | None = None) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, target, body=body)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read()
        finally:
            connection.close()


@contextmanager
def running(image: Image) -> Iterator[Container]:
    port = free_port()
    process = image.start(image.command, environment_for(port))
    lines: list[str] = []
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    with ended(process, reader=reader):
        _wait_until_it_answers(process, port, lines)
        pid = first_process(process)
        assert pid is not None
        yield Container(image=image, port=port, pid=pid, process=process, lines=lines)


def _read(process: "subprocess.Popen[str]", lines: list[str]) -> None:
    """A full pipe would stop the server, so somebody listens all the time."""
    assert process.stdout is not None
    lines.extend(process.stdout)


def environment_for(port: int) -> dict[str, str]:
    """What an operator would give with `--env`; loopback because the network is this machine's."""
    return {
        "IMGPROXY_PY_HOST": "127.0.0.1",
        "IMGPROXY_PY_PORT": str(port),
        "IMGPROXY_PY_BOOTSTRAP_USERNAME": USERNAME,
    }


def _wait_until_it_answers(process: "subprocess.Popen[str]", port: int, lines: list[str]) -> None:
    eventually(lambda: process.poll() is not None or is_listening(port), START_SECONDS)
    if process.poll() is None and is_listening(port):
        return
    kill(process)
    raise AssertionError("the server did not start:\n" + "".join(lines))
