"""What a process and its children have used, read from /proc, and the nginx a benchmark starts."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port, wait_for

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """User and system time of a process, its living children and those already waited for."""
    return sum(cpu_seconds_of(pid) for pid in tree(root))


def cpu_seconds_of(pid: int) -> float:
    """The same of one process alone, with those of its children that it has waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS_PER_SECOND


def resident_bytes(root: int) -> int:
    """Resident memory of a process and its children; pages they share count for each."""
    return sum(_status_bytes(pid, "VmRSS") for pid in tree(root))


def proportional_bytes(root: int) -> int:
    """The same with shared pages divided among those who share them."""
    total = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _status_bytes(pid: int, name: str) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    return 0


@contextmanager
def nginx_origin(folder: Path) -> Iterator[str]:
    """nginx from Debian's packages serving `folder` on loopback; gives its URL."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch, "nginx.conf")
        config.write_text(
            _NGINX.format(scratch=scratch, port=port, folder=folder, user=_user_line())
        )
        process = subprocess.Popen([program, "-c", str(config), "-e", "stderr"])
        try:
            wait_for(port, "nginx")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _user_line() -> str:
    # Started by root, nginx would read the pictures as another user, who may not.
    return f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""


# Results are not kept (no-store), as in the figures of our peers, whose caches were off.
_NGINX = """
daemon off; {user} worker_processes 1; pid {scratch}/pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000;
  client_body_temp_path {scratch}/a; proxy_temp_path {scratch}/b; fastcgi_temp_path {scratch}/c;
  uwsgi_temp_path {scratch}/d; scgi_temp_path {scratch}/e;
  types {{ image/jpeg jpg; }}
  server {{
    listen 127.0.0.1:{port}; root {folder};
    location / {{ add_header Cache-Control $arg_cc; }}
  }}
}}
"""
