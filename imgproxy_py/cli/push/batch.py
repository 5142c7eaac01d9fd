"""A batch as the server tells of it."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Self
from urllib.parse import quote

from imgproxy_py.cli.push.body import ChunkBody
from imgproxy_py.cli.push.client import IDLE_SECONDS, Client, Request
from imgproxy_py.cli.push.errors import Refused
from imgproxy_py.engine.errors import BadReceipt
from imgproxy_py.engine.receipt import Receipt

_RESULTS = "/results/"
_ENDED = frozenset({"succeeded", "failed", "cancelled"})
PAGE = 100
# A telephone at the edge of its network; whoever is slower than this will not get through anyway.
_SLOWEST_BYTES_PER_SECOND = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The result of one file. `path` is its address below the server's."""

    path: str
    source_bytes: int
    result_bytes: int
    format: str
    width: int
    height: int
    receipt: str
    warnings: tuple[str, ...]
    expires_at: datetime | None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        url = str(told["optimized_url"])
        expires_at = told.get("expires_at")
        return cls(
            # The server's own idea of its address may be another than ours.
            path=url[url.rindex(_RESULTS) :],
            source_bytes=int(told["original_size"]),
            result_bytes=int(told["optimized_size"]),
            format=str(told["format"]),
            width=int(told["width"]),
            height=int(told["height"]),
            receipt=str(told.get("receipt", "")),
            warnings=tuple(map(str, told.get("warnings", ()))),
            expires_at=None if expires_at is None else datetime.fromisoformat(expires_at),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One job of the batch. `fault` is why it failed."""

    id: str
    number: int
    filename: str
    status: str
    made: Made | None = None
    fault: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.status in _ENDED

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        result, error = told.get("result"), told.get("error")
        return cls(
            id=str(told["id"]),
            number=int(told["number"]),
            filename=str(told["filename"]),
            status=str(told["status"]),
            made=None if result is None else Made.of(result),
            fault=None if error is None else fault_text(error),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The answer to a chunk: ids and numbers of jobs, and faults, by the file's place in it."""

    jobs: Mapping[int, tuple[str, int]]
    faults: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an earlier run has left. `rejected` names files, once for every time."""

    items: tuple[Item, ...] = ()
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The batch named `id` on one server."""

    client: Client
    id: str

    @property
    def path(self) -> str:
        return f"/api/v1/batches/{quote(self.id, safe='')}"

    async def known(self) -> Known:
        """Everything that it holds already; nothing when there is no such batch yet."""
        items: list[Item] = []
        rejected: list[str] = []
        try:
            async for page in self._pages(after=-1, limit=500):
                items += map(Item.of, page["items"])
                rejected += (str(each["filename"]) for each in page.get("rejected_files", ()))
        except Refused as refused:
            if refused.code != "batch_not_found":
                raise
        return Known(items=tuple(items), rejected=tuple(rejected))

    async def page(self, *, after: int) -> tuple[list[Item], bool]:
        """Items beyond the number `after`, and whether there are more."""
        told = await self._page(after, PAGE)
        return [Item.of(item) for item in told["items"]], told["next_cursor"] is not None

    async def take(self, body: ChunkBody, key: str, sent: Callable[[int], None]) -> Taken:
        """Send a chunk. Sent again under its key, it gives the same answer."""
        headers = {
            "Content-Type": body.content_type,
            "Content-Length": str(body.size_bytes),
            "Idempotency-Key": key,
        }
        told = await self.client.ask_json(
            Request(
                method="POST",
                path="/api/v1/optimize/batch",
                headers=headers,
                body=_counted(body, sent),
                idle_seconds=IDLE_SECONDS + body.size_bytes / _SLOWEST_BYTES_PER_SECOND,
            )
        )
        return Taken(
            jobs={
                each["index"]: (str(each["job_id"]), int(each["number"]))
                for each in told["accepted"]
            },
            faults={each["index"]: fault_text(each) for each in told["rejected_files"]},
        )

    async def _pages(self, *, after: int, limit: int) -> AsyncIterator[dict[str, Any]]:
        while True:
            told = await self._page(after, limit)
            yield told
            if told["next_cursor"] is None:
                return
            after = int(told["next_cursor"])

    async def _page(self, after: int, limit: int) -> dict[str, Any]:
        cursor = f"&cursor={after}" if after >= 0 else ""
        return await self.client.ask_json(Request(path=f"{self.path}?limit={limit}{cursor}"))


# Each is looked at when its job has ended, when its bytes are there, and for the table.
@lru_cache(maxsize=1024)
def receipt_of(text: str) -> Receipt | None:
    """None where there is none that we can read."""
    try:
        return Receipt.parse(text)
    except BadReceipt:
        return None


def fault_text(told: Mapping[str, Any]) -> str:
    """Words with what to do, and the code that programs know it by."""
    return f"{told['message']} ({told['code']})"


def _counted(body: ChunkBody, sent: Callable[[int], None]) -> Callable[[], AsyncIterator[bytes]]:
    """The body for every attempt; what an attempt before it had sent is taken back."""
    count = 0

    def note(size_bytes: int) -> None:
        nonlocal count
        count += size_bytes
        sent(size_bytes)

    def again() -> AsyncIterator[bytes]:
        nonlocal count
        sent(-count)
        count = 0
        return body.stream(note)

    return again
