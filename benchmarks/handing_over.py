"""What nginx saves us by sending large results itself: processor time with and without.

    python -m benchmarks.handing_over               (a minute; needs wrk and nginx from Debian)
    python -m benchmarks.handing_over --rounds 3    (a quick look)

One server, two nginx in front of it that take turns: `deploy/nginx-accel.conf`, which is handed
files, and `deploy/nginx.conf`, which is sent bytes. Times are user and system time of a process,
medians, in milliseconds for one answer.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyvips

from benchmarks.processes import cpu_seconds_of
from benchmarks.wrk import require_wrk, run_wrk
from tests.nginx import running_nginx
from tests.web.origin import running_origin
from tests.web.server import USERNAME, RunningServer, running_server

LOCATION = "/_results-0123456789abcdef/"
IN_SAMPLE = "/_results-CHANGE-THIS-NAME/"
SIDES = (1200, 1500, 2600)  # of drawn noise: results of 0.6 to 3 MB
SECONDS, CONNECTIONS = 1, 2


@dataclass(kw_only=True)
class Way:
    """One nginx in front of the server."""

    port: int
    nginx_pid: int
    server_ms: list[float] = field(default_factory=list)
    nginx_ms: list[float] = field(default_factory=list)

    def run(self, server: RunningServer, target: str) -> None:
        before = cpu_seconds_of(server.pid), cpu_seconds_of(self.nginx_pid)
        url = f"http://127.0.0.1:{self.port}{target}"
        asked = run_wrk(url, connections=CONNECTIONS, seconds=SECONDS).requests
        self.server_ms.append((cpu_seconds_of(server.pid) - before[0]) * 1000 / asked)
        self.nginx_ms.append((cpu_seconds_of(self.nginx_pid) - before[1]) * 1000 / asked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.handing_over")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    require_wrk()
    print(
        f"{'MB':>5} {'server, in full':>16} {'handed over':>12} {'nginx, in full':>15} handed over"
    )
    with tempfile.TemporaryDirectory() as scratch, running_origin() as origin:
        folder = Path(scratch)
        settings = {"ACCEL_REDIRECT": LOCATION, "REFINE": "off", "ENGINE_WORKERS": "1"}
        with running_server(folder / "data", **settings) as server:
            for side in SIDES:
                lasting = {"Cache-Control": "max-age=36000"}
                url = origin.put(f"/{side}.jpg", noise(side), headers=lasting)
                target = f"/{USERNAME}/full,quality=lossless,format=jpeg/{url}"
                megabytes = len(server.get(target).body) / 1e6
                with ways(server, Path(tempfile.mkdtemp(dir=scratch))) as (handed, full):
                    for number in range(rounds):
                        for way in (handed, full) if number % 2 else (full, handed):
                            way.run(server, target)
                print(line(megabytes, handed, full), flush=True)


@contextmanager
def ways(server: RunningServer, folder: Path) -> Iterator[tuple[Way, Way]]:
    """Handed over, and in full."""
    (folder / "handed").mkdir()
    (folder / "full").mkdir()
    changes = {
        "/var/lib/imgproxy-py/results/": f"{server.data_dir}/results/",
        f"X-Accel-Capable {IN_SAMPLE};": f"X-Accel-Capable {LOCATION};",
        f"location ^~ {IN_SAMPLE}": f"location ^~ {LOCATION}",
    }
    accel, plain, port = "nginx-accel.conf", "nginx.conf", server.port
    with (
        running_nginx(accel, folder / "handed", upstream_port=port, changes=changes) as handed,
        running_nginx(plain, folder / "full", upstream_port=port) as full,
    ):
        yield (
            Way(port=handed, nginx_pid=int((folder / "handed" / "pid").read_text())),
            Way(port=full, nginx_pid=int((folder / "full" / "pid").read_text())),
        )


def noise(side: int) -> bytes:
    """A picture that stays large."""
    bands = [pyvips.Image.gaussnoise(side, side, mean=128, sigma=40, seed=n) for n in range(3)]
    picture = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    data: bytes = picture.jpegsave_buffer(Q=85)
    return data


def line(megabytes: float, handed: Way, full: Way) -> str:
    server = statistics.median(full.server_ms), statistics.median(handed.server_ms)
    nginx = statistics.median(full.nginx_ms), statistics.median(handed.nginx_ms)
    return (
        f"{megabytes:5.2f} {server[0]:16.2f} {server[1]:5.2f} ×{server[1] / server[0]:.2f}"
        f" {nginx[0]:15.2f} {nginx[1]:5.2f} ×{nginx[1] / nginx[0]:.2f}"
    )


if __name__ == "__main__":
    main()
