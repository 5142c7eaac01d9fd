"""A clean Debian root to run commands in, as a container would, without Docker.

`debootstrap` makes it from the mirror that this machine uses itself. Every command gets its own
mount and process namespace: what it starts or mounts ends with it, and it is process 1, as in a
container. The network is this machine's.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

BASE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
}
BUILD_STEP_SECONDS = 600
_TOOLS = ("debootstrap", "unshare", "chroot", "mount")
_NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
_HOST_CA = "run/host-ca.pem"
_PIP_FILES = ("/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf")


def why_not() -> str | None:
    """The reason why this machine cannot make such a root; None when it can."""
    if os.geteuid() != 0:
        return "only root can make a Debian root"
    if missing := [tool for tool in _TOOLS if shutil.which(tool) is None]:
        return f"{', '.join(missing)} is not installed"
    if subprocess.run([*_NAMESPACES, "true"], capture_output=True, check=False).returncode:
        return "this machine allows no mount namespaces (a container without SYS_ADMIN?)"
    return None


def mirror_of(suite: str, apt: Path = Path("/etc/apt")) -> str | None:
    """The address from which this machine itself takes `suite`, out of its own apt sources."""
    for file in sorted([*apt.glob("sources.list"), *apt.glob("sources.list.d/*")]):
        for line in _one_line_sources(file.read_text(encoding="utf-8")):
            found = re.match(r"deb\s+(?:\[.*?\]\s+)?((?:https?|file):\S+)\s+(\S+)\s+(.*)", line)
            if found and found[2] == suite and "main" in found[3].split():
                return found[1]
    return None


def _one_line_sources(text: str) -> Iterator[str]:
    """Both forms of sources.list(5) as `deb URI SUITE COMPONENTS` lines."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"(?m)^(\w+):[ \t]*(.*)$", paragraph))
        if "Suites" not in fields:
            yield from paragraph.splitlines()
            continue
        for suite in fields["Suites"].split():
            for uri in fields.get("URIs", "").split():
                yield f"deb {uri} {suite} {fields.get('Components', '')}"


class DebianRoot:
    """A Debian of its own in `path`; it goes with the folder."""

    def __init__(self, path: Path, *, suite: str, mirror: str) -> None:
        self.path = path
        # debootstrap mounts /proc; a namespace of its own leaves none behind if it is interrupted.
        debootstrap = ["unshare", "--mount", "debootstrap", "--variant=minbase"]
        made = subprocess.run(
            [*debootstrap, suite, str(path), mirror], capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stdout + made.stderr
        self._binds = [*_local_folders()]
        self._build_environment = {**_pip_environment(), **self._copy_host_files()}

    def build(
        self, argv: Sequence[str], *, environment: Mapping[str, str], user: str, directory: str
    ) -> None:
        """Run a build step with what this machine needs to reach its mirrors; it must succeed."""
        given = {**environment, **self._build_environment}
        process = self.start(
            argv, environment=given, user=user, directory=directory, binds=self._binds
        )
        with ended(process):
            output, _ = process.communicate(timeout=BUILD_STEP_SECONDS)
        assert process.returncode == 0, f"{argv} ended with {process.returncode}:\n{output}"

    def start(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        user: str,
        directory: str,
        binds: Sequence[Path] = (),
    ) -> "subprocess.Popen[str]":
        """Start `argv` as `user` with exactly this environment; the caller waits or kills."""
        script = [f"mount -t proc proc '{self.path}/proc'"]
        for folder in binds:
            inside = self.path / folder.relative_to("/")
            inside.mkdir(parents=True, exist_ok=True)
            script.append(f"mount --bind '{folder}' '{inside}'")
        script.append(f"exec chroot --userspec={user} '{self.path}' /usr/bin/env -i \"$@\"")
        variables = [f"{name}={value}" for name, value in environment.items()]
        inner = [f"--chdir={directory}", *variables, *argv]
        return subprocess.Popen(
            [*_NAMESPACES, "sh", "-ec", "\n".join(script), "sh", *inner],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _copy_host_files(self) -> dict[str, str]:
        """Name resolution, proxies, certificates and pip's settings of this machine."""
        for name in ("etc/resolv.conf", "etc/hosts"):
            shutil.copy(f"/{name}", self.path / name)
        for named in _PIP_FILES:
            file = Path(named).expanduser()
            if file.is_file():
                inside = self.path / named.replace("~", "root").lstrip("/")
                inside.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, inside)
        dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True)
        network = re.findall(r"(?m)^Acquire::(?:https?|Check|ForceIPv).*$", dump.stdout)
        (self.path / "etc/apt/apt.conf.d/99host").write_text("\n".join(network) + "\n")
        return self._copy_certificates()

    def _copy_certificates(self) -> dict[str, str]:
        names = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
        given = next((os.environ[name] for name in names if os.environ.get(name)), None)
        if given is None:
            return {}
        shutil.copy(given, self.path / _HOST_CA)
        return dict.fromkeys(names, f"/{_HOST_CA}")


def first_process(process: "subprocess.Popen[str]") -> int | None:
    """The id, on this machine, of process 1 behind a started command; None once it has ended."""
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    except OSError:
        return None
    return int(children.split()[0]) if children.strip() else None


@contextmanager
def ended(
    process: "subprocess.Popen[str]", *, reader: threading.Thread | None = None
) -> Iterator[None]:
    """Leave nothing running: when process 1 of a namespace dies, all others die with it."""
    try:
        yield
    finally:
        kill(process)
        if reader is not None:
            reader.join(10)
        assert process.stdout is not None
        process.stdout.close()


def kill(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None and (first := first_process(process)) is not None:
        with suppress(ProcessLookupError):
            os.kill(first, signal.SIGKILL)
    process.wait(10)


def _pip_environment() -> dict[str, str]:
    pattern = re.compile(r"PIP_\w+|(?i:https?|no|all)_(?i:proxy)")
    return {name: value for name, value in os.environ.items() if pattern.fullmatch(name)}


def _local_folders() -> Iterator[Path]:
    """Folders of packages that this machine's pip is told to look in."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    for name in sorted(set(re.findall(r"/[^\s'\",]+", told.stdout))):
        folder = Path(re.sub(r"^/+", "/", name))
        if folder.is_dir():
            # An index names its files relative to itself, often beside the folder `simple`.
            yield folder.parent if folder.name == "simple" else folder
