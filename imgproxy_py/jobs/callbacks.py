"""Announcing what has ended: takes callbacks that are due, posts them, tries again."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import random
from typing import Protocol

import msgspec

from imgproxy_py.jobs.callback_rows import DueCallback
from imgproxy_py.jobs.errors import CallbackUrlInvalid
from imgproxy_py.jobs.news import heard
from imgproxy_py.jobs.webhook import (
    account_secret,
    is_delivered,
    message_id,
    signed_headers,
    wait_after,
)
from imgproxy_py.sources.errors import SourceError, SourceNotAllowed, SourceNotPublic

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
# At the same time, and of one account: a receiver that does not answer must not hold up others'.
MAX_AT_WORK = 32
MAX_OF_ACCOUNT = 4


class Rows(Protocol):
    """Where callbacks stand that are due (callback_rows.py)."""

    async def take(self, limit: int, *, without: Collection[str] = ()) -> list[DueCallback]: ...

    async def settle(self, callback: DueCallback, *, wait: timedelta | None) -> None: ...


class Poster(Protocol):
    """Whoever sends one POST (sources/callback.py)."""

    def check(self, url: str) -> None: ...

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackLetters:
    """What a receiver is sent. `server_secrets` are the server's keys, oldest to newest."""

    public_url: str
    server_secrets: Sequence[bytes]
    clock: Callable[[], float] = time.time

    def letter(self, callback: DueCallback) -> tuple[bytes, Mapping[str, str]]:
        """Body and headers of one attempt."""
        subject = callback.subject
        body = msgspec.json.encode(subject.as_json(public_url=self.public_url))
        account_id, named = subject.account_id, message_id(subject.message_name)
        secrets = [account_secret(each, account_id) for each in reversed(self.server_secrets)]
        headers = signed_headers(
            body, message_id=named, timestamp=int(self.clock()), secrets=secrets
        )
        return body, headers


@dataclass(slots=True, kw_only=True)
class CallbackSender:
    """Belongs to one event loop. Any number of processes may have one."""

    rows: Rows
    poster: Poster
    letters: CallbackLetters
    random: Callable[[], float] = random
    poll_seconds: float = POLL_SECONDS
    _news: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _sending: dict[asyncio.Task[None], str] = field(default_factory=dict, init=False)

    def wake(self) -> None:
        """A callback may be due."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled; what is being sent then is sent again by whoever comes next."""
        try:
            while True:
                await self._send_due()
                await heard(self._news, within_seconds=self.poll_seconds)
        finally:
            for task in self._sending:
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def _send_due(self) -> None:
        by_account = Counter(self._sending.values())
        full = [account for account, count in by_account.items() if count >= MAX_OF_ACCOUNT]
        room = min(MAX_AT_WORK - len(self._sending), MAX_OF_ACCOUNT)
        try:
            due = await self.rows.take(room, without=full) if room > 0 else []
        except Exception:
            log.exception("callbacks could not be looked up")
            return
        for callback in due:
            task = asyncio.create_task(self._send(callback))
            self._sending[task] = callback.subject.account_id
            task.add_done_callback(self._sent)
        if due:
            self._news.set()  # there may be more, of others

    def _sent(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self._news.set()

    async def _send(self, callback: DueCallback) -> None:
        url, told = callback.url, {"of": callback.subject.message_name}
        status: int | None = None
        reason = ""
        try:
            status = await self.poster.post(url, *self.letters.letter(callback))
            reason = f"the receiver answered {status}"
        except SourceError as error:
            reason = str(error)
        except Exception:
            # Counted as well: what is never settled would be sent for ever.
            log.exception("a callback could not be sent", extra=told)
            reason = "a mistake of this server"
        if status is not None and is_delivered(status):
            wait = None
        else:
            wait = wait_after(callback.attempt, status, random=self.random)
            log.info(
                "a callback failed: %s",
                reason,
                extra=told | {"attempt": callback.attempt, "is_last": not wait},
            )
        try:
            await self.rows.settle(callback, wait=wait)
        except Exception:
            log.exception("the end of a callback could not be written; it is sent once more")


def callback_check(poster: Poster) -> Callable[[str], None]:
    """Raises CallbackUrlInvalid for a URL that can never be called."""

    def check(url: str) -> None:
        try:
            poster.check(url)
        except SourceNotPublic:
            raise CallbackUrlInvalid("its host is not on the public Internet") from None
        except SourceNotAllowed:
            raise CallbackUrlInvalid("this server's settings close its host or port") from None
        except SourceError:
            raise CallbackUrlInvalid("give a URL that begins with https:// or http://") from None

    return check
