"""A real nginx on loopback, with one of the samples of `deploy/` in it."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port, wait_for

DEPLOY = Path(__file__).parents[1] / "deploy"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextmanager
def running_nginx(
    sample: str, folder: Path, *, upstream_port: int, changes: Mapping[str, str] | None = None
) -> Iterator[int]:
    """The port of an nginx with `sample`, a file of `deploy/`; skips where there is no nginx.

    `changes` are what an operator puts in, by what stands in the sample: each exactly once.
    """
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    here = {
        "listen 80;": f"listen 127.0.0.1:{port};",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream_port};",
    }
    text = _changed((DEPLOY / sample).read_text(encoding="utf-8"), {**here, **(changes or {})})
    (folder / "nginx.conf").write_text(_around(text, folder), encoding="utf-8")
    with running_config(folder, port):
        yield port


@contextmanager
def running_config(folder: Path, port: int) -> Iterator[int]:
    """The process id of an nginx with `nginx.conf` of that folder, which listens at `port`."""
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        wait_for(port, "nginx")
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def _changed(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def _around(sample: str, folder: Path) -> str:
    paths = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in _TEMPORARY)
    return (
        # Without a master there is one worker, which runs as whoever runs the tests.
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr;\n"
        "events {}\n"
        f"http {{ access_log off; {paths}\n{sample}\n}}\n"
    )
