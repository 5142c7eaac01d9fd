"""Ways to have the API refuse something: a table that grows with `@provokes`."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyvips

from tests.web.api.accounts import Holder, new_account
from tests.web.api.calling import MULTIPART, form, problem, with_key
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.server import Answer, RunningServer

JSON = "application/json"
JOBS = "/api/v1/jobs"
KEYS = "/api/v1/keys"
BATCH = "/api/v1/optimize/batch"
BATCHES = "/api/v1/batches/one"


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A code and its words. `answer` is None where they stand inside of an answer that is good:
    at a file of a batch, or at a job."""

    code: str
    words: str
    answer: Answer | None = None


@dataclass(frozen=True, kw_only=True)
class World:
    """A server of little patience, an origin, and an account that is this fault's own."""

    server: RunningServer
    origin: Origin
    holder: Holder

    def ask(self, method: str, target: str, body: bytes | None = None, **headers: str) -> Answer:
        return self.server.ask(method, target, with_key(self.holder.key, **headers), body)

    def optimize(self, url: str = "", **fields: object) -> Refused:
        """By JSON: values keep their types."""
        told = fields | ({"url": url} if url else {})
        return refused(self.ask("POST", "/api/optimize", json_of(told), Content_Type=JSON))

    def upload(self, picture: bytes, **fields: str) -> Answer:
        body = form(fields, [("image", "photo.jpg", picture)])
        return self.ask("POST", "/api/optimize", body, Content_Type=MULTIPART)

    def batch(
        self, *pictures: bytes, key: str | None = "one", batch_id: str = "one", name: str = "a.jpg"
    ) -> Answer:
        files = [("file", name, picture) for picture in pictures]
        body = form({"client_batch_id": batch_id} if batch_id else {}, files)
        keyed = {} if key is None else {"Idempotency_Key": key}
        return self.ask("POST", BATCH, body, Content_Type=MULTIPART, **keyed)

    def job(self, **fields: object) -> Answer:
        return self.ask("POST", JOBS, json_of(fields), Content_Type=JSON)

    def as_somebody_on(self, plan: str) -> "World":
        return World(server=self.server, origin=self.origin, holder=new_account(self.server, plan))

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """As an operator may change it."""
        with sqlite3.connect(self.server.data_dir / "imgproxy.db", timeout=20) as connection:
            yield connection


Provoke = Callable[[World], Refused]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`provoke` makes the server say `code`."""

    code: str
    provoke: Provoke

    def __str__(self) -> str:
        return self.code


FAULTS: list[Fault] = []


def provokes(code: str) -> Callable[[Provoke], Provoke]:
    """Enter a function into the table."""

    def enter(provoke: Provoke) -> Provoke:
        FAULTS.append(Fault(code=code, provoke=provoke))
        return provoke

    return enter


def refused(answer: Answer) -> Refused:
    """A problem, whose form is checked."""
    _, code, words = problem(answer)
    return Refused(code=code, words=words, answer=answer)


def json_of(told: object) -> bytes:
    return json.dumps(told).encode()


def good(answer: Answer) -> Any:
    assert 200 <= answer.status < 300, answer.body
    return json.loads(answer.body)


def some_jpeg() -> bytes:
    return jpeg(90, 60)


def slow_jpeg(seed: int) -> bytes:
    """Noise that keeps one child busy for about a second."""
    noise = pyvips.Image.gaussnoise(2000, 2000, sigma=60, mean=128, seed=seed).cast("uchar")
    data: bytes = noise.jpegsave_buffer(Q=60)
    return data
