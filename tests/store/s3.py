"""A server that speaks as much of S3 as a blob store needs, on a real loopback socket."""

import hashlib
import re
from typing import Self

from aiohttp import web


class S3:
    """Objects in memory behind PUT, GET, HEAD, Range, listing and bulk delete, unsigned."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.environment: dict[str, str] = {}
        application = web.Application(client_max_size=100_000_000)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.environment = {
            "AWS_ENDPOINT": f"http://127.0.0.1:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if request.method == "PUT":
            self.objects[path] = await request.read()
            return web.Response(headers={"ETag": _etag(self.objects[path])})
        if "delete" in request.query:
            return self._deleted(path, await request.text())
        if "list-type" in request.query:
            return self._listing(path, request.query.get("prefix", ""))
        data = self.objects.get(path)
        if data is None:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        return _object(request, data)

    def _deleted(self, bucket: str, wanted: str) -> web.Response:
        keys = re.findall("<Key>(.*?)</Key>", wanted)
        for key in keys:
            self.objects.pop(f"{bucket.rstrip('/')}/{key}", None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        return web.Response(
            content_type="application/xml", text=f"<DeleteResult>{deleted}</DeleteResult>"
        )

    def _listing(self, bucket: str, prefix: str) -> web.Response:
        found = "".join(
            f"<Contents><Key>{path.removeprefix(bucket + '/')}</Key><Size>{len(data)}</Size>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for path, data in self.objects.items()
            if path.startswith(f"{bucket}/{prefix}")
        )
        return web.Response(
            content_type="application/xml",
            text=f"<ListBucketResult>{found}<IsTruncated>false</IsTruncated></ListBucketResult>",
        )


def _object(request: web.Request, data: bytes) -> web.Response:
    headers = {"ETag": _etag(data), "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
    if "Range" not in request.headers:
        return web.Response(body=data, headers=headers)
    wanted = request.http_range
    part = data[wanted]
    start = wanted.start
    headers["Content-Range"] = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
    return web.Response(status=206, body=part, headers=headers)


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'
