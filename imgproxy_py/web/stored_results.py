"""`/results/{id}`: stored results and running work, by GET, HEAD and POST alike.

`curl -XPOST -L` posts again to where it is sent.
"""

from dataclasses import dataclass, replace

from imgproxy_py.service.response import Answer, ImageAnswer, MetaAnswer
from imgproxy_py.service.results import StoredResults
from imgproxy_py.web.errors import MethodNotAllowed
from imgproxy_py.web.holding import Holding, StillWorking
from imgproxy_py.web.image_reply import image_reply, meta_reply, redirect, source_reply
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.request_head import RequestHead

PREFIX = b"/results/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSurface:
    results: StoredResults
    holding: Holding

    async def reply(self, head: RequestHead) -> Reply:
        if head.method not in ("GET", "HEAD", "POST"):
            raise MethodNotAllowed(method=head.method)
        result_id = head.raw_path[len(PREFIX) :].decode("latin-1")
        if result_id not in self.holding:
            return image_reply(_settled(await self.results.open(result_id)), head.conditions)
        try:
            answer = await self.holding.next_hop(result_id)
        except StillWorking as working:
            return redirect(f"/results/{working.ticket}")
        return _finished(head, answer)


def _settled(answer: ImageAnswer) -> ImageAnswer:
    """Under its own URL a result is what it is, whatever `Accept` says."""
    return replace(answer, record=replace(answer.record, negotiated=False))


def _finished(head: RequestHead, answer: Answer) -> Reply:
    match answer:
        case ImageAnswer():
            return image_reply(answer, head.conditions)
        case MetaAnswer():
            return meta_reply(answer)
        case _:
            return source_reply(answer)
