"""A server that hands large results over to nginx, as deploy/nginx-accel.conf sets it up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pyvips

from imgproxy_py.store.contents import MAX_REMEMBERED_BYTES
from tests.nginx import running_nginx
from tests.web.origin import running_origin
from tests.web.server import USERNAME, Answer, RunningServer, running_server

SAMPLE_LOCATION = "/_results-CHANGE-THIS-NAME/"
LOCATION = "/_results-0123456789abcdef/"
CAPABLE = {"X-Accel-Capable": LOCATION}
LASTING = {"Cache-Control": "max-age=600", "Cache-Tag": "cats,dogs", "Surrogate-Key": "cats dogs"}
# Nearly right, so that a warning stands beside the picture; large enough to be handed over.
OPTIONS = "full,qualty=lossless"


@pytest.fixture(scope="module")
def handing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that hands over, asked directly."""
    folder = tmp_path_factory.mktemp("handing") / "data"
    settings = {"ACCEL_REDIRECT": LOCATION, "CLIENT_HINTS": "on", "REFINE": "off"}
    with running_server(folder, ENGINE_WORKERS="1", **settings) as running:
        yield running


@pytest.fixture(scope="module")
def nginx(
    handing: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The same, asked through the nginx of the sample."""
    results = f"{handing.data_dir}/results/"
    with nginx_before(handing, tmp_path_factory.mktemp("nginx"), results=results) as running:
        yield running


@contextmanager
def nginx_before(server: RunningServer, folder: Path, *, results: str) -> Iterator[RunningServer]:
    """An nginx that looks for files in `results`."""
    changes = {
        "/var/lib/imgproxy-py/results/": results,
        f"X-Accel-Capable {SAMPLE_LOCATION};": f"X-Accel-Capable {LOCATION};",
        f"location ^~ {SAMPLE_LOCATION}": f"location ^~ {LOCATION}",
    }
    sample, port = "nginx-accel.conf", server.port
    with running_nginx(sample, folder, upstream_port=port, changes=changes) as own_port:
        yield replace(server, port=own_port)


@pytest.fixture(scope="module")
def target(handing: RunningServer) -> Iterator[str]:
    """A stored result of more than MAX_REMEMBERED_BYTES, by its URL."""
    with running_origin() as origin:
        yield stored(handing, origin.put("/large.jpg", noise(1), headers=LASTING))


def noise(seed: int) -> bytes:
    """A JPEG of about 0.7 MB that is quickly made smaller without loss."""
    bands = [
        pyvips.Image.gaussnoise(700, 700, mean=128, sigma=50, seed=seed + n) for n in (0, 9, 99)
    ]
    picture = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    data: bytes = picture.jpegsave_buffer(Q=90)
    return data


def stored(server: RunningServer, url: str) -> str:
    target = f"/{USERNAME}/{OPTIONS}/{url}"
    made = server.get(target)
    assert (made.status, len(made.body) > MAX_REMEMBERED_BYTES) == (200, True), made.body[:200]
    return target


def is_handed_over(answer: Answer) -> bool:
    return (answer.status, answer.body) == (200, b"") and "X-Accel-Redirect" in answer.headers


def told(answer: Answer) -> dict[str, list[str]]:
    """All headers but nginx's own, what the connection is, and what changes by the second."""
    passing = {"server", "connection", "date", "cache-control", "cache-status", "server-timing"}
    names = {name.lower() for name in answer.headers} - passing
    return {name: answer.all(name) for name in names}


def asked(server: RunningServer, target: str, headers: dict[str, str]) -> Answer:
    return server.ask("GET", target, headers)
