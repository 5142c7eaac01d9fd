"""`/results/{id}`: stored results and running work, by GET, HEAD and POST alike.

`curl -XPOST -L` posts again to where it is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from imgproxy_py.service.response import Answer, ImageAnswer, MetaAnswer
from imgproxy_py.service.results import StoredResults
from imgproxy_py.web.accel import NO_ACCEL, Accel
from imgproxy_py.web.errors import MethodNotAllowed
from imgproxy_py.web.holding import Holding, StillWorking
from imgproxy_py.web.image_reply import image_reply, meta_reply, redirect, source_reply
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.request_head import RequestHead

PREFIX = b"/results/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSurface:
    """`awaits_better` says of a result whether other bytes are being made for its URL."""

    results: StoredResults
    holding: Holding
    awaits_better: Callable[[str], bool]
    accel: Accel = NO_ACCEL

    async def reply(self, head: RequestHead) -> Reply:
        if head.method not in ("GET", "HEAD", "POST"):
            raise MethodNotAllowed(method=head.method)
        result_id = head.raw_path[len(PREFIX) :].decode("latin-1")
        if result_id not in self.holding:
            found = await self.results.open(result_id, may_be_unread=self.accel.is_offered(head))
            if self.awaits_better(result_id):
                found = replace(found, awaits_better=True)
            reply = image_reply(found, head.conditions, may_vary=False)
            return self.accel.handed_over(reply, found, head)
        try:
            answer = await self.holding.next_hop(result_id)
        except StillWorking as working:
            return redirect(f"/results/{working.ticket}")
        return _finished(head, answer)


def _finished(head: RequestHead, answer: Answer) -> Reply:
    match answer:
        case ImageAnswer():
            return image_reply(answer, head.conditions, may_vary=False)
        case MetaAnswer():
            return meta_reply(answer, head.conditions)
        case _:
            return source_reply(answer)
