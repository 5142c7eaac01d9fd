"""The real server behind an nginx with a cache, as deploy/nginx-cache.conf sets it up."""

from collections.abc import Iterator

import pytest

from tests.nginx import running_nginx
from tests.web.server import Answer, RunningServer

LASTING = {"Cache-Control": "max-age=600"}


@pytest.fixture(scope="module")
def nginx(
    server: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The server, asked through the nginx of the sample."""
    folder = tmp_path_factory.mktemp("nginx")
    changes = {"/var/cache/nginx/imgproxy-py": f"{folder}/cache"}
    sample = "nginx-cache.conf"
    with running_nginx(sample, folder, upstream_port=server.port, changes=changes) as port:
        yield RunningServer(host="127.0.0.1", port=port, pid=server.pid, data_dir=server.data_dir)


def states(*answers: Answer) -> list[str | None]:
    return [answer.headers["X-Cache-Status"] for answer in answers]


def headers(answer: Answer) -> dict[str, str]:
    """All but what nginx says of itself and of the connection."""
    own = {"server", "connection", "x-cache-status"}
    return {name: value for name, value in answer.headers.items() if name.lower() not in own}
