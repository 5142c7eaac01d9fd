"""`Idempotency-Key`: a request that is sent again is answered again, and not done again.

The header is that of draft-ietf-httpapi-idempotency-key-header, quoted as there or bare as most
clients write it.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from imgproxy_py.jobs.idempotency import Claim, IdempotencyKeys, KeptAnswer, Refusal
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.errors import (
    IdempotencyInProgress,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
)
from imgproxy_py.web.problems import problem_reply, status_of
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.request_head import RequestHead

_BARE = re.compile(r'(?!")[!-~]{1,255}')
# An sf-string (RFC 9651, 3.3.3) without spaces.
_QUOTED = re.compile(r'"((?:[!#-\[\]-~]|\\["\\])+)"')
_MAX_CHARACTERS = 255
# How long a canceled request may take to say in the database what became of it; a claim that is
# not given back ends by itself.
_LAST_WORDS_SECONDS = 1.0

Produce = Callable[[], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """One for the whole API: a key belongs to an account, whatever address it was used at."""

    keys: IdempotencyKeys

    async def once(
        self, call: ApiCall, payload_sha256: str, produce: Produce, *, is_required: bool = False
    ) -> Reply:
        """The answer of `produce`, or the one it gave when the same request came before.

        `payload_sha256` is that of the parsed body; method and path are added to it here. Answers
        of 500 and above and 429 are not kept: those requests may be tried again. Raises what
        `produce` raises, and the errors of idempotency keys.
        """
        key = idempotency_key_of(call.head)
        if key is None and is_required:
            raise IdempotencyKeyMissing
        if key is None:
            return await produce()
        payload_sha256 = _request_sha256(call.head, payload_sha256)
        found = await self.keys.claim(call.caller.account.id, key, payload_sha256)
        if isinstance(found, KeptAnswer):
            return _replayed(found)
        if found is Refusal.KEY_REUSED:
            raise IdempotencyKeyReused
        if not isinstance(found, Claim):
            raise IdempotencyInProgress
        async with self.keys.renewed(found):
            return await self._first(call, found, produce)

    async def _first(self, call: ApiCall, claim: Claim, produce: Produce) -> Reply:
        answer: KeptAnswer | None = None
        try:
            reply = await _told(call, produce)
            answer = _to_keep(reply)
        finally:
            await _surely(
                self.keys.release(claim) if answer is None else self.keys.keep(claim, answer)
            )
        return reply


def idempotency_key_of(head: RequestHead) -> str | None:
    """The key as the client means it, without quotes; IdempotencyKeyInvalid."""
    text = head.headers.get(b"idempotency-key")
    if text is None:
        return None
    text = text.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    elif not _BARE.fullmatch(text):
        raise IdempotencyKeyInvalid
    if len(text) > _MAX_CHARACTERS:
        raise IdempotencyKeyInvalid
    return text


async def _told(call: ApiCall, produce: Produce) -> Reply:
    """A refusal is an answer too, and is kept; what may not be kept is raised."""
    try:
        return await produce()
    except Exception as error:
        if not _is_final(status_of(error)):
            raise
        return problem_reply(error, accept=call.head.accept, asked=call.head.target)


def _to_keep(reply: Reply) -> KeptAnswer | None:
    if not _is_final(reply.status) or reply.stream is not None:
        return None
    return KeptAnswer(status=reply.status, headers=reply.headers, body=bytes(reply.body))


def _is_final(status: int) -> bool:
    return status < 500 and status != 429


def _request_sha256(head: RequestHead, payload_sha256: str) -> str:
    told = b"\n".join((head.method.encode(), head.raw_path, head.query, payload_sha256.encode()))
    return hashlib.sha256(told).hexdigest()


def _replayed(answer: KeptAnswer) -> Reply:
    headers = (*answer.headers, ("Idempotency-Replayed", "true"))
    return Reply(status=answer.status, headers=headers, body=answer.body)


async def _surely(writing: Coroutine[Any, Any, object]) -> None:
    """Let it end though the request is canceled: done and not noted would be done again."""
    task = asyncio.ensure_future(writing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_LAST_WORDS_SECONDS)
        raise
