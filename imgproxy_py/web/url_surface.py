"""The URL surface, `/{username}/{options}/{source-url}`, as ImageOptim's clients expect it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, MetaAnswer, SourceAnswer
from imgproxy_py.sources.upload import Upload, receive_upload
from imgproxy_py.web.errors import MethodNotAllowed, SourceMissing
from imgproxy_py.web.holding import Holding, StillWorking
from imgproxy_py.web.image_reply import (
    image_reply,
    meta_reply,
    redirect,
    result_redirect,
    source_reply,
)
from imgproxy_py.web.negotiation import accepted_formats
from imgproxy_py.web.reply import Receive, Reply
from imgproxy_py.web.request_head import RequestHead
from options_grammar import ImagePath, cut, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlSurface:
    """`redirects` is `post-url` (a POST that names its source), `always` or `never`."""

    optimizer: Optimizer
    holding: Holding
    redirects: str
    spool_directory: Path
    max_source_bytes: int

    async def reply(self, head: RequestHead, receive: Receive) -> Reply:
        """The whole exchange; raises whatever `web/problems.py` has a row for."""
        if head.method not in ("GET", "HEAD", "POST"):
            raise MethodNotAllowed(method=head.method)
        started_at = time.monotonic()
        path = cut(head.raw_path, head.query)
        options = parse(path.options_text)
        if path.source is None and head.method != "POST":
            raise SourceMissing
        upload = await self._upload(head, receive) if path.source is None else None
        # The timeout is ours to keep; how long a client takes to send its picture is not.
        started_at = started_at if upload is None else time.monotonic()
        request = Request(
            username=path.username,
            options=options.options,
            deadline=started_at + options.options.timeout_seconds,
            source_url=path.source,
            upload=None if upload is None else upload.spool,
            upload_name=None if upload is None else upload.filename,
            accepts=accepted_formats(head.accept),
            warnings=path.warnings + options.warnings,
            hops=head.hops,
        )
        return await self._held(head, request, path)

    async def _held(self, head: RequestHead, request: Request, path: ImagePath) -> Reply:
        if self.redirects == "never":
            answer = await self.optimizer.optimize(request)
        else:
            work = asyncio.create_task(self.optimizer.optimize(request))
            try:
                answer = await self.holding.first_hop(work)
            except StillWorking as working:
                return redirect(f"/results/{working.ticket}", request.warnings)
        return self._answered(head, answer, is_upload=path.source is None)

    def _answered(self, head: RequestHead, answer: Answer, *, is_upload: bool) -> Reply:
        match answer:
            case ImageAnswer():
                if answer.is_stored and self._redirects(head.method, is_upload=is_upload):
                    return result_redirect(answer)
                return image_reply(answer, head.conditions)
            case MetaAnswer():
                return meta_reply(answer)
            case SourceAnswer():
                return source_reply(answer)

    def _redirects(self, method: str, *, is_upload: bool) -> bool:
        if self.redirects == "post-url":
            return method == "POST" and not is_upload
        return self.redirects == "always"

    async def _upload(self, head: RequestHead, receive: Receive) -> Upload:
        return await receive_upload(
            body_chunks(receive),
            content_type=head.content_type,
            content_length=head.content_length,
            spool_directory=self.spool_directory,
            max_source_bytes=self.max_source_bytes,
        )


async def body_chunks(receive: Receive) -> AsyncIterator[bytes]:
    """The request's body as it arrives; who reads it limits the waiting."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        if body := message.get("body", b""):
            yield body
        if not message.get("more_body", False):
            return


class ClientLeft(Exception):
    """The connection closed while a body was being read: there is nobody to answer."""
