"""`/api/v1/library`: what an account keeps for good, listed with its size, and deleted."""

from dataclasses import dataclass

from imgproxy_py.accounts.library import KeptResult
from imgproxy_py.jobs.cursor import cursor_text, read_cursor
from imgproxy_py.moments import utc_text
from imgproxy_py.service.library import Libraries
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.json_reply import json_reply
from imgproxy_py.web.api.paging import limit_of
from imgproxy_py.web.api.query import query_of
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.reply import SAFE_HEADERS, Reply

LIBRARY = "/api/v1/library"


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryApi:
    """`public_url` is where results are found, without a slash at its end."""

    libraries: Libraries
    public_url: str

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(method="GET", template=LIBRARY, handler=self._list),
            Route(method="DELETE", template=f"{LIBRARY}/{{id}}", handler=self._delete),
        )

    async def _list(self, call: ApiCall) -> Reply:
        fields, account_id = query_of(call), call.caller.account.id
        limit, cursor = limit_of(fields), fields.get("cursor")
        library = self.libraries.library
        found = await library.page(
            account_id, before=read_cursor(cursor) if cursor else None, limit=limit + 1
        )
        size = await library.size(account_id)
        shown = found[:limit]
        next_cursor = None
        if len(found) > limit:
            next_cursor = cursor_text(shown[-1].kept_at, shown[-1].result_id)
        return json_reply(
            {
                "results": [self._told(kept) for kept in shown],
                "total_results": size.results,
                "total_bytes": size.bytes,
                "next_cursor": next_cursor,
            }
        )

    async def _delete(self, call: ApiCall) -> Reply:
        await self.libraries.delete(call.caller.account.id, call.parameters["id"])
        return Reply(status=204, headers=(("Cache-Control", "no-store"), *SAFE_HEADERS))

    def _told(self, kept: KeptResult) -> dict[str, object]:
        return {
            "id": kept.result_id,
            "optimized_url": f"{self.public_url}/results/{kept.result_id}",
            "filename": kept.filename,
            "optimized_size": kept.bytes,
            "media_type": kept.media_type,
            "width": kept.width,
            "height": kept.height,
            "kept_at": utc_text(kept.kept_at),
        }
