"""Attacks on a running server: one upload, its time, and whether the server is well after it."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from tests.web.asking import upload
from tests.web.pictures import animated_gif, jpeg, png, quadrant_png
from tests.web.server import Answer, RunningServer

# The time a request may ask for, and the wall time that nothing may exceed, in seconds.
TIMEOUT = 8
WALL_SECONDS = 10.0
# Refusing costs a header, so everything that is not drawn is this quick even on busy machines.
REFUSAL_SECONDS = 4.0
ALIVE_SECONDS = 3.0


def attack(server: RunningServer, options: str, data: bytes) -> tuple[Answer, float]:
    """An upload and the wall seconds it took; the server has to be alive right after it."""
    started_at = time.monotonic()
    answer = upload(server, f"{options},timeout={TIMEOUT}", data)
    seconds = time.monotonic() - started_at
    require_alive(server)
    return answer, seconds


def require_alive(server: RunningServer) -> None:
    started_at = time.monotonic()
    assert server.get("/livez").status == 200
    assert time.monotonic() - started_at < ALIVE_SECONDS


_rounds = count()


def warm_up(server: RunningServer) -> None:
    """Ordinary pictures, several at a time and never asked before: every child has had some."""
    pictures = [jpeg(1600, 1200), png(600, 400), animated_gif(), quadrant_png(300, 200)]
    width = 300 + next(_rounds)
    work = [
        (f"{width},format={name}", data)
        for name in ("webp", "jpeg", "png", "avif", "gif")
        for data in pictures
    ]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda each: upload(server, *each), work))
    assert {answer.status for answer in answers} == {200}
