"""`POST /shrink` and `GET|POST /output/{id}`, as the official tinify SDKs use them."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import ApiKeyMissing
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.quota import MonthUsage
from imgproxy_py.accounts.rate_limit import RateState
from imgproxy_py.service.tinify import Shrunk, Tinify
from imgproxy_py.sources.errors import UploadEmpty
from imgproxy_py.sources.parameters import read_parameters
from imgproxy_py.sources.upload import receive_upload
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.form import JSON
from imgproxy_py.web.api.rate_headers import rate_headers
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.api.surface import Keys, Limiter
from imgproxy_py.web.incoming import ClientLeft
from imgproxy_py.web.presence import while_present
from imgproxy_py.web.problems import status_of
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.tinify.basic_auth import basic_key
from imgproxy_py.web.tinify.commands import read_commands
from imgproxy_py.web.tinify.json_body import read_json, source_url_in
from imgproxy_py.web.tinify.replies import error_reply, picture_reply, shrunk_reply

log = logging.getLogger(__name__)


class Counts(Protocol):
    async def month(self, account: Account) -> MonthUsage:
        """Where the account stands this month."""
        ...


@dataclass(slots=True)
class _Visit:
    """What is known of whoever asks, as far as the call has come."""

    call: ApiCall
    identity: Identity | None = None
    rate: RateState | None = None

    @property
    def caller(self) -> Identity:
        if self.identity is None:
            raise ApiKeyMissing
        return self.identity


@dataclass(frozen=True, slots=True, kw_only=True)
class TinifyApi:
    """`public_url` is where pictures are found, without a slash at its end."""

    tinify: Tinify
    keys: Keys
    limiter: Limiter
    counts: Counts
    limits: BodyLimits
    public_url: str

    def routes(self) -> tuple[Route, ...]:
        """Keys come by Basic authentication and are looked at here."""
        return tuple(
            Route(method=method, template=template, handler=handler, needs_key=False)
            for method, template, handler in (
                ("POST", "/shrink", self._shrink),
                ("GET", "/output/{id}", self._output),
                # Old clients send commands with GET, new ones with POST.
                ("POST", "/output/{id}", self._output),
            )
        )

    async def _shrink(self, call: ApiCall) -> Reply:
        return await self._answered(call, self._shrunk)

    async def _output(self, call: ApiCall) -> Reply:
        return await self._answered(call, self._picture)

    async def _answered(self, call: ApiCall, answer: Callable[[_Visit], Awaitable[Reply]]) -> Reply:
        """Errors in the clients' own form. The count stands on them too: `validate()` makes one
        on purpose, to have it."""
        visit = _Visit(call)
        try:
            key = basic_key(call.head)
            if key is not None:
                visit.identity = await self.keys.identify(key)
            reply = await answer(visit)
        except ClientLeft:
            raise
        except Exception as error:
            if status_of(error) == 500:
                log.exception("unexpected error")
            reply = error_reply(error)
        return replace(reply, headers=(*reply.headers, *await self._counted(visit)))

    async def _counted(self, visit: _Visit) -> tuple[tuple[str, str], ...]:
        rates = () if visit.rate is None else rate_headers(visit.rate)
        if visit.identity is None:
            return rates
        month = await self.counts.month(visit.identity.account)
        return (("Compression-Count", str(month.used)), *rates)

    def _limit(self, visit: _Visit) -> None:
        visit.rate = self.limiter.take(visit.caller)
        visit.rate.require_allowed()

    async def _shrunk(self, visit: _Visit) -> Reply:
        self._limit(visit)
        media_type, _ = read_parameters(visit.call.head.content_type or "")
        shrunk = await (self._of_url(visit) if media_type == JSON else self._of_body(visit))
        return shrunk_reply(shrunk, public_url=self.public_url)

    async def _of_url(self, visit: _Visit) -> Shrunk:
        call = visit.call
        given = await read_json(call, self.limits)
        if not given:
            raise UploadEmpty("the request has no body")
        url = source_url_in(given)
        work = self.tinify.shrink_url(visit.caller, url, hops=call.head.hops)
        return await while_present(call.incoming, work)

    async def _of_body(self, visit: _Visit) -> Shrunk:
        """The picture itself; its label says nothing (curl and PHP call it a form)."""
        call = visit.call
        upload = await receive_upload(
            call.incoming.chunks(),
            content_type=None,
            content_length=call.head.content_length,
            spool_directory=self.limits.spool_directory,
            max_source_bytes=self.limits.max_source_bytes,
            idle_timeout_seconds=self.limits.idle_timeout_seconds,
            total_timeout_seconds=self.limits.total_timeout_seconds,
        )
        with upload.spool as spool:
            work = self.tinify.shrink(visit.caller, spool, hops=call.head.hops)
            return await while_present(call.incoming, work)

    async def _picture(self, visit: _Visit) -> Reply:
        """Without commands no key is needed: the address is a secret, and old tools send none."""
        call = visit.call
        source_id = call.parameters["id"]
        commands = read_commands(await read_json(call, self.limits))
        if commands is None:
            return picture_reply(await self.tinify.output(source_id, visit.identity))
        self._limit(visit)
        work = self.tinify.output_as(source_id, visit.caller, commands)
        return picture_reply(await while_present(call.incoming, work), commands.warnings)
