"""A real nginx with a cache in front: freshness never exceeds what the origin allowed."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.nginx import running_config
from tests.ports import free_port
from tests.waiting import eventually
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.result_urls import CHROME
from tests.web.server import USERNAME, Answer, RunningServer

CONFIG = """
daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    proxy_temp_path {folder}/proxy;
    proxy_cache_path {folder}/cache keys_zone=pictures:1m;
    server {{
        listen 127.0.0.1:{port};
        merge_slashes off;
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_http_version 1.1;
            proxy_cache pictures;
            add_header X-Nginx $upstream_cache_status always;
        }}
    }}
}}
"""


@contextmanager
def caching_nginx(folder: Path, upstream: RunningServer) -> Iterator[RunningServer]:
    port = free_port()
    config = CONFIG.format(folder=folder, port=port, upstream=upstream.port)
    (folder / "nginx.conf").write_text(config, encoding="utf-8")
    with running_config(folder, port) as pid:
        yield RunningServer(host="127.0.0.1", port=port, pid=pid, data_dir=folder)


@pytest.fixture(scope="module")
def behind_nginx(
    server: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """Asked through nginx; `port` is its own."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    with caching_nginx(tmp_path_factory.mktemp("nginx"), server) as nginx:
        yield nginx


def test_a_picture_that_is_old_already_is_kept_for_what_is_left(
    behind_nginx: RunningServer, origin: Origin
) -> None:
    """Of 600 seconds 597 were over when it came: nginx, which reads no `Age`, may keep it for 3."""
    said = {"Cache-Control": "max-age=600", "Age": "597"}
    target = f"/{USERNAME}/32/{origin.put('/photo.jpg', jpeg(64, 48), headers=said)}"
    begins_at = time.time()
    first = behind_nginx.get(target)
    arrived_at = time.time()
    hits: list[float] = []

    def is_over() -> bool:
        asked_at = time.time()
        state = behind_nginx.get(target).headers["X-Nginx"]
        if state == "HIT":
            hits.append(asked_at)
        return state == "EXPIRED"

    assert first.headers["X-Nginx"] == "MISS"
    assert eventually(is_over)
    # nginx counts whole seconds, from its own.
    assert all(asked_at < arrived_at + 4 for asked_at in hits), (begins_at, hits)


def test_hits_of_nginx_have_the_bytes_and_headers_of_ours(
    behind_nginx: RunningServer, origin: Origin
) -> None:
    said = {"Cache-Control": "max-age=600"}
    target = f"/{USERNAME}/32/{origin.put('/a//b.jpg?c=%2F', jpeg(64, 48), headers=said)}"

    cold, warm = behind_nginx.get(target), behind_nginx.get(target)
    other = behind_nginx.get(target, Accept=CHROME)
    part = behind_nginx.ask("GET", target, {"Range": "bytes=0-9"})
    good = behind_nginx.get(target, If_None_Match=str(cold.headers["ETag"]))

    assert _states(cold, warm, other) == ["MISS", "HIT", "MISS"]
    assert (warm.body, warm.headers["ETag"]) == (cold.body, cold.headers["ETag"])
    assert warm.headers["Vary"] == "Accept"
    assert warm.headers["Age"] is None
    assert (part.status, part.body) == (206, cold.body[:10])
    assert good.status == 304
    assert set(origin.targets) == {"/a//b.jpg?c=%2F"}


def test_nginx_keeps_no_failure_for_longer_than_a_minute(
    behind_nginx: RunningServer, origin: Origin
) -> None:
    target = f"/{USERNAME}/32/{origin.url}/missing.jpg"

    answers = [behind_nginx.get(target), behind_nginx.get(target)]
    refused = [behind_nginx.get(f"/{USERNAME}/wat=1/{origin.url}/a.jpg") for _ in range(2)]

    assert [answer.status for answer in (*answers, *refused)] == [404, 404, 400, 400]
    assert str(answers[0].headers["Cache-Control"]) in ("max-age=60", "max-age=59")
    assert _states(*refused) == ["MISS", "MISS"]


def _states(*answers: Answer) -> list[str | None]:
    return [answer.headers["X-Nginx"] for answer in answers]
