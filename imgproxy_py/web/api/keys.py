"""`/api/v1/keys`: an account's own API keys, listed, made, replaced and revoked.

A key's plaintext stands in one answer, that to the request which made it.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from imgproxy_py.accounts.api_key import ApiKey, IssuedKey
from imgproxy_py.accounts.keyring import KeyRing
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.moments import utc_text
from imgproxy_py.web.api.body import BodyLimits, read_form
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.form import ApiForm
from imgproxy_py.web.api.idempotent import Idempotency
from imgproxy_py.web.api.json_reply import json_reply
from imgproxy_py.web.api.key_header import api_key_of
from imgproxy_py.web.api.query import is_on, query_of
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.api.sealed import seal, unseal
from imgproxy_py.web.errors import KeyInUse
from imgproxy_py.web.reply import SAFE_HEADERS, Reply

_DEFAULT_NAME = "API"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysApi:
    """`ring` is told of every change, so that this process knows it at once; others notice within
    seconds."""

    repository: AccountRepository
    ring: KeyRing
    idempotency: Idempotency
    limits: BodyLimits

    def routes(self) -> tuple[Route, ...]:
        one = "/api/v1/keys/{id}"
        return (
            Route(method="GET", template="/api/v1/keys", handler=self._list),
            Route(method="POST", template="/api/v1/keys", handler=self._issue, asks_for_work=True),
            Route(method="DELETE", template=one, handler=self._revoke),
            Route(
                method="POST",
                template=f"{one}/rotate",
                handler=self._rotate,
                asks_for_work=True,
            ),
        )

    async def _list(self, call: ApiCall) -> Reply:
        shows_revoked = is_on(query_of(call), "revoked")
        keys = await self.repository.list_keys(call.caller.account)
        return json_reply(
            {
                "keys": [
                    key_json(key, asked_with=call.caller.key)
                    for key in keys
                    if key.is_active or shows_revoked
                ],
                "max_keys": call.caller.plan.max_keys,
            }
        )

    async def _issue(self, call: ApiCall) -> Reply:
        async def issue(form: ApiForm) -> IssuedKey:
            name = form.fields.get("name", _DEFAULT_NAME)
            return await self.repository.issue_key(call.caller.account, name=name)

        return await self._made(call, issue)

    async def _rotate(self, call: ApiCall) -> Reply:
        """The key that asks may be replaced too: its successor stands in the answer."""

        async def rotate(_: ApiForm) -> IssuedKey:
            return await self.repository.rotate_key(call.caller.account, call.parameters["id"])

        return await self._made(call, rotate)

    async def _revoke(self, call: ApiCall) -> Reply:
        key_id = call.parameters["id"]
        if key_id == call.caller.key_id and not is_on(query_of(call), "force"):
            raise KeyInUse
        await self.repository.revoke_key(call.caller.account, key_id)
        self.ring.forget()
        return Reply(status=204, headers=(("Cache-Control", "no-store"), *SAFE_HEADERS))

    async def _made(self, call: ApiCall, make: Callable[[ApiForm], Awaitable[IssuedKey]]) -> Reply:
        """The answer with the plaintext. What an idempotency key keeps of it is sealed."""
        form = await _form(call, self.limits)
        secret = api_key_of(call.head)

        async def produce() -> Reply:
            issued = await make(form)
            self.ring.forget()
            reply = _issued_reply(issued, asked_with=call.caller.key)
            return replace(reply, body=seal(bytes(reply.body), secret=secret))

        # Only the key that asked can open the answer: with another one it is another request.
        told = f"{form.fingerprint()}\n{call.caller.key_id}"
        payload_sha256 = hashlib.sha256(told.encode()).hexdigest()
        reply = await self.idempotency.once(call, payload_sha256, produce)
        if reply.status != 201:
            return reply
        return replace(reply, body=unseal(bytes(reply.body), secret=secret))


async def _form(call: ApiCall, limits: BodyLimits) -> ApiForm:
    """No body is as good as one without fields."""
    if call.head.content_type is None and not call.head.content_length:
        return ApiForm(fields={}, files=())
    form = await read_form(call, limits=limits, max_files=0)
    form.close()
    return form


def _issued_reply(issued: IssuedKey, *, asked_with: ApiKey | None) -> Reply:
    told = key_json(issued.key, asked_with=asked_with) | {"key": issued.plaintext}
    return json_reply(told, status=201)


def key_json(key: ApiKey, *, asked_with: ApiKey | None) -> dict[str, object]:
    """Everything but the key itself. `is_current` marks the one that this request came with."""
    return {
        "id": key.id,
        "name": key.name,
        "last_four": key.last_four,
        "created_at": utc_text(key.created_at),
        "last_used_at": utc_text(key.last_used_at),
        "revoked_at": utc_text(key.revoked_at),
        "is_current": asked_with is not None and key.id == asked_with.id,
    }
