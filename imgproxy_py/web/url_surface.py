"""The URL surface, `/{username}/{options}/{source-url}`, as ImageOptim's clients expect it."""

import asyncio
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, MetaAnswer, SourceAnswer
from imgproxy_py.sources.upload import Upload, receive_upload
from imgproxy_py.web.accel import NO_ACCEL, Accel
from imgproxy_py.web.at_once import MAX_TARGETS
from imgproxy_py.web.client_hints import UNHINTED, Hinted, hinted
from imgproxy_py.web.conditional import NO_CONDITIONS
from imgproxy_py.web.errors import MethodNotAllowed, SourceMissing
from imgproxy_py.web.holding import Holding, StillWorking
from imgproxy_py.web.image_reply import (
    image_reply,
    meta_reply,
    redirect,
    result_redirect,
    source_reply,
)
from imgproxy_py.web.incoming import Incoming
from imgproxy_py.web.negotiation import accepted_formats
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.request_cache import asks_for_stored_only
from imgproxy_py.web.request_head import RequestHead
from options_grammar import ImagePath, Parsed, cut, parse

# A site asks for a handful of sizes, millions of times.
_parsed = lru_cache(maxsize=2048)(parse)


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlSurface:
    """`redirects` is `post-url` (a POST that names its source), `always` or `never`.
    `listens_to_hints`: client hints fill in what a URL leaves open. The two timeouts hold for
    uploads."""

    optimizer: Optimizer
    holding: Holding
    redirects: str
    spool_directory: Path
    max_source_bytes: int
    idle_timeout_seconds: float
    total_timeout_seconds: float
    listens_to_hints: bool = False
    accel: Accel = NO_ACCEL

    async def reply(self, head: RequestHead, incoming: Incoming) -> Reply:
        """The whole exchange; raises whatever `web/problems.py` has a row for."""
        if head.method not in ("GET", "HEAD", "POST"):
            raise MethodNotAllowed(method=head.method)
        started_at = time.monotonic()
        path = cut(head.raw_path, head.query)
        options = _parsed(path.options_text)
        if path.source is not None:
            options, hints = self._hinted(head, options)
            unread = self.accel.is_offered(head)
            request = _request(head, path, options, started_at, may_be_unread=unread)
            return await self._held(head, request, incoming, hints)
        if head.method != "POST":
            raise SourceMissing
        # Nobody unknown sends us fifty megabytes first.
        await self.optimizer.authorize(_request(head, path, options, started_at))
        upload = await self._upload(head, incoming)
        # The timeout is ours to keep; how long a client takes to send its picture is not.
        request = replace(
            _request(head, path, options, time.monotonic()),
            upload=upload.spool,
            upload_name=upload.filename,
        )
        return await self._held(head, request, incoming)

    async def at_hand(self, head: RequestHead) -> Reply | None:
        """The reply to GET or HEAD where a stored result is all it takes. Begins nothing, so it may
        be broken off and the request told anew."""
        path, options = _read(head.raw_path, head.query)
        if path.source is None:
            return None
        options, hints = self._hinted(head, options)
        now, unread = time.monotonic(), self.accel.is_offered(head)
        request = _request(head, path, options, now, may_be_unread=unread)
        answer = await self.optimizer.at_hand(request)
        return None if answer is None else self._answered(head, answer, hints, is_upload=False)

    def _hinted(self, head: RequestHead, options: Parsed) -> tuple[Parsed, Hinted]:
        """The options with the request's hints in them, where hints are listened to."""
        return hinted(options, head.headers) if self.listens_to_hints else (options, UNHINTED)

    async def _held(
        self,
        head: RequestHead,
        request: Request,
        incoming: Incoming,
        hints: Hinted = UNHINTED,
    ) -> Reply:
        work = asyncio.create_task(self.optimizer.optimize(request))
        may_redirect = self.redirects != "never"
        try:
            with incoming.watched() as left:
                answer = await self.holding.first_hop(
                    work, client_left=left, may_redirect=may_redirect
                )
        except StillWorking as working:
            return redirect(f"/results/{working.ticket}", request.warnings)
        return self._answered(head, answer, hints, is_upload=request.source_url is None)

    def _answered(
        self, head: RequestHead, answer: Answer, hints: Hinted, *, is_upload: bool
    ) -> Reply:
        # An upload is no resource that a client could have a copy of.
        conditions = NO_CONDITIONS if is_upload else head.conditions
        match answer:
            case ImageAnswer():
                if answer.is_stored and self._redirects(head.method, is_upload=is_upload):
                    return result_redirect(answer)
                whole = image_reply(answer, conditions, hinted=hints)
                return self.accel.handed_over(whole, answer, head)
            case MetaAnswer():
                return meta_reply(answer, conditions)
            case SourceAnswer():
                return source_reply(answer)

    def _redirects(self, method: str, *, is_upload: bool) -> bool:
        if self.redirects == "post-url":
            return method == "POST" and not is_upload
        return self.redirects == "always"

    async def _upload(self, head: RequestHead, incoming: Incoming) -> Upload:
        return await receive_upload(
            incoming.chunks(),
            content_type=head.content_type,
            content_length=head.content_length,
            spool_directory=self.spool_directory,
            max_source_bytes=self.max_source_bytes,
            idle_timeout_seconds=self.idle_timeout_seconds,
            total_timeout_seconds=self.total_timeout_seconds,
        )


@lru_cache(maxsize=MAX_TARGETS)
def _read(raw_path: bytes, query: bytes) -> tuple[ImagePath, Parsed]:
    """The parts of a target that was a hit before; such targets are short."""
    path = cut(raw_path, query)
    return path, _parsed(path.options_text)


def _request(
    head: RequestHead,
    path: ImagePath,
    options: Parsed,
    started_at: float,
    *,
    may_be_unread: bool = False,
) -> Request:
    return Request(
        username=path.username,
        options=options.options,
        deadline=started_at + options.options.timeout_seconds,
        source_url=path.source,
        accepts=accepted_formats(head.accept),
        warnings=path.warnings + options.warnings,
        hops=head.hops,
        only_if_cached=head.method != "POST" and asks_for_stored_only(head),
        may_be_unread=may_be_unread,
        signature=path.signature_segment,
        signed_rest=path.rest,
        referrer=head.headers.get(b"referer"),
    )
