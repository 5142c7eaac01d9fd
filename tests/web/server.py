"""The real server in its own process, on a free port, and ways to talk to it byte for byte."""

import http.client
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import TextIO

from tests.warm import PROJECT, Warm

USERNAME = "user"
API_KEY = "opt_" + "k" * 43


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it came: the status line, all headers, the body."""

    status: int
    reason: str
    headers: Message
    body: bytes

    def all(self, name: str) -> list[str]:
        return self.headers.get_all(name) or []


@dataclass(frozen=True, kw_only=True)
class RunningServer:
    host: str
    port: int
    pid: int
    data_dir: Path

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request on a connection of its own; the target goes out as it is."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(
                status=answer.status,
                reason=answer.reason,
                headers=answer.headers,
                body=answer.read(),
            )
        finally:
            connection.close()

    def get(self, target: str, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("GET", target, named)

    def raw(self, request: bytes) -> bytes:
        """Bytes out, bytes in until the server closes or falls silent after a whole answer."""
        with socket.create_connection((self.host, self.port), timeout=30) as sock:
            sock.sendall(request)
            received = b""
            while not _is_whole(received):
                data = sock.recv(65_536)
                if not data:
                    break
                received += data
            return received


def _is_whole(received: bytes) -> bool:
    head, separator, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(separator and length and len(body) >= int(length[1]))


@contextmanager
def running_server(data_dir: Path, **settings: str) -> Iterator[RunningServer]:
    """`settings` by their names without the prefix. Sources on loopback are allowed."""
    environment = {name: value for name, value in os.environ.items() if "IMGPROXY_PY" not in name}
    given = {
        "PORT": "0",
        "DATA_DIR": str(data_dir),
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "ALLOWED_PORTS": "1-65535",
        "BOOTSTRAP_USERNAME": USERNAME,
        "BOOTSTRAP_API_KEY": API_KEY,
    } | settings
    environment |= {f"IMGPROXY_PY_{name}": value for name, value in given.items()}
    environment["PYTHONUNBUFFERED"] = "1"
    log = data_dir / "server.log"
    data_dir.mkdir(parents=True, exist_ok=True)
    read, write = os.pipe()
    with (
        log.open("wb") as errors,
        open(read, encoding="utf-8") as said,
        Warm(["serve"], env=environment, cwd=PROJECT, output=write, errors=errors.fileno()) as run,
    ):
        os.close(write)  # the server has its own, and its end is the end of what it says
        try:
            host, port = _address(said, log)
            yield RunningServer(host=host, port=port, pid=run.pid, data_dir=data_dir)
        finally:
            run.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                run.wait(20)


@contextmanager
def server_with_plan(folder: Path, plan: str, **settings: str) -> Iterator[RunningServer]:
    """Its account has the plan whose table in TOML is given. It makes nothing anew."""
    (folder / "plans.toml").write_text(plan)
    name = plan.strip().partition("]")[0].lstrip("[")
    given = {"PLANS_FILE": str(folder / "plans.toml"), "BOOTSTRAP_PLAN": name, "REFINE": "off"}
    with running_server(folder / "data", **given, **settings) as running:
        yield running


def _address(said: TextIO, log: Path) -> tuple[str, int]:
    for line in said:
        if found := re.search(r"answers on http://([^:]+):(\d+)", line):
            return found[1], int(found[2])
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")
