"""A rule of HTTP caching as data: what the origin says, what clients ask, what they must get."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.web.origin import Origin
from tests.web.server import USERNAME, Answer, RunningServer

FRESH = r"public, max-age=\d{3}"
FUTURE = "Sun, 06 Nov 2099 08:49:37 GMT"
PAST = "Sun, 06 Nov 1994 08:49:37 GMT"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, and what its answer must be.

    Values of `sends` may hold `{etag}` and `{modified}` of the first answer. `has` are patterns of
    whole header values, `lacks` headers that must not stand there. `part` is the slice of the first
    body that must come; None when the body is not looked at.
    """

    sends: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    method: str = "GET"
    has: Mapping[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    part: slice | None = None


FIRST = Asked()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`fetches` is how often the origin must have been asked in the end.

    `at` is what the requests go to: the URL surface's `/user/{options}/{source}`, the result's own
    URL (`result`), or a path of the server's own.
    """

    section: str
    says: str
    asks: tuple[Asked, ...]
    origin: Mapping[str, str] = field(default_factory=lambda: {"Cache-Control": "max-age=600"})
    options: str = "160"
    at: str = "url"
    fetches: int | None = None

    def __str__(self) -> str:
        return f"{self.section}: {self.says}"


def check(rule: Rule, server: RunningServer, origin: Origin, picture: bytes) -> None:
    """Ask as the rule says and assert that each answer is the right one."""
    target = _target(rule, server, origin, picture)
    first: Answer | None = None
    for asked in rule.asks:
        sends = {} if first is None else _filled(asked.sends, first)
        answer = server.ask(asked.method, target, sends or dict(asked.sends))
        _check_answer(asked, answer, first)
        first = first or answer
    if rule.fetches is not None:
        assert len(origin.requests) == rule.fetches


def _target(rule: Rule, server: RunningServer, origin: Origin, picture: bytes) -> str:
    if rule.at.startswith("/"):
        return rule.at
    url = origin.put("/photo.jpg", picture, headers=dict(rule.origin))
    target = f"/{USERNAME}/{rule.options}/{url}"
    if rule.at == "url":
        return target
    return str(server.ask("POST", target).headers["Location"])


def _filled(sends: Mapping[str, str], first: Answer) -> dict[str, str]:
    told = {"etag": first.headers["ETag"], "modified": first.headers["Last-Modified"]}
    return {name: value.format(**told) for name, value in sends.items()}


def _check_answer(asked: Asked, answer: Answer, first: Answer | None) -> None:
    assert answer.status == asked.status, answer.body[:300]
    for name, pattern in asked.has.items():
        value = ", ".join(answer.all(name))
        assert re.fullmatch(pattern, value), f"{name}: {value}"
    for name in asked.lacks:
        assert answer.headers[name] is None, f"{name}: {answer.headers[name]}"
    assert answer.headers["Date"]
    if asked.status == 304:
        assert answer.body == b""
    if asked.part is not None and first is not None:
        assert answer.body == first.body[asked.part]
