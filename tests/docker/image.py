"""Carries out a Dockerfile's instructions in a clean Debian root, one handler for each."""

import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.docker.debian_root import BASE_ENVIRONMENT, DebianRoot
from tests.docker.dockerfile import (
    Instruction,
    assignments,
    build_context,
    command,
    expanded,
    read_instructions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What the instructions have made and said so far."""

    root: DebianRoot
    source: Path
    environment: Mapping[str, str] = field(default_factory=lambda: BASE_ENVIRONMENT)
    build_arguments: Mapping[str, str] = field(default_factory=dict)
    user: str = "0:0"
    directory: str = "/"
    ports: tuple[int, ...] = ()
    volumes: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    health: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    def start(
        self, argv: tuple[str, ...], environment: Mapping[str, str]
    ) -> "subprocess.Popen[str]":
        """As `docker run` would, `environment` standing for its `--env`."""
        given = {**self.environment, "HOME": self._home, **environment}
        return self.root.start(
            argv, environment=given, user=self.user, directory=self.directory, binds=()
        )

    @property
    def _home(self) -> str:
        uid = self.user.partition(":")[0]
        for line in (self.root.path / "etc/passwd").read_text().splitlines():
            if line.split(":")[2] == uid:
                return line.split(":")[5]
        return "/"


def suite_of(arguments: str) -> str:
    """`debian:bookworm-slim` is Debian's suite bookworm; ValueError for any other kind of base."""
    found = re.fullmatch(r"debian:([a-z]+)-slim", arguments)
    if found is None:
        raise ValueError(f"FROM {arguments}: only debian:SUITE-slim can be made without Docker")
    return found[1]


def suite_of_dockerfile(source: Path) -> str:
    first = next(read_instructions((source / "Dockerfile").read_text(encoding="utf-8")))
    if first.keyword != "FROM":
        raise ValueError(f"line {first.line}: a Dockerfile begins with FROM")
    return suite_of(first.arguments)


def build(source: Path, root: DebianRoot) -> Image:
    """Everything after FROM, in order; ValueError for an instruction that nothing carries out."""
    image = Image(root=root, source=source)
    instructions = read_instructions((source / "Dockerfile").read_text(encoding="utf-8"))
    for instruction in [*instructions][1:]:
        image = carried_out(image, instruction)
    return image


def carried_out(image: Image, instruction: Instruction) -> Image:
    handler = HANDLERS.get(instruction.keyword)
    if handler is None:
        raise ValueError(f"line {instruction.line}: nothing carries out {instruction.keyword}")
    if instruction.flags and instruction.keyword != "HEALTHCHECK":
        raise ValueError(f"line {instruction.line}: nothing carries out {[*instruction.flags]}")
    return handler(image, instruction.arguments)


def _run(image: Image, arguments: str) -> Image:
    image.root.build(
        command(arguments),
        environment={**image.build_arguments, **image.environment},
        user=image.user,
        directory=image.directory,
    )
    return image


def _copy(image: Image, arguments: str) -> Image:
    source, target = arguments.split()
    if source != ".":
        raise ValueError(f"COPY {arguments}: only the whole context can be copied")
    for path in build_context(image.source):
        inside = image.root.path / target.lstrip("/") / path
        inside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(image.source / path, inside)
    return image


def _workdir(image: Image, arguments: str) -> Image:
    (image.root.path / arguments.lstrip("/")).mkdir(parents=True, exist_ok=True)
    return replace(image, directory=arguments)


def _env(image: Image, arguments: str) -> Image:
    new = assignments(arguments, image.environment)
    return replace(image, environment={**image.environment, **new})


def _arg(image: Image, arguments: str) -> Image:
    """A value for the steps of the build, with its default; it is not in the finished image."""
    new = assignments(arguments, image.environment)
    return replace(image, build_arguments={**image.build_arguments, **new})


def _label(image: Image, arguments: str) -> Image:
    """Words about the image; they change nothing in it."""
    assignments(arguments, image.environment)
    return image


def _user(image: Image, arguments: str) -> Image:
    return replace(image, user=arguments)


def _volume(image: Image, arguments: str) -> Image:
    return replace(image, volumes=(*image.volumes, arguments))


def _expose(image: Image, arguments: str) -> Image:
    return replace(image, ports=(*image.ports, int(expanded(arguments, image.environment))))


def _stop_signal(image: Image, arguments: str) -> Image:
    return replace(image, stop_signal=signal.Signals[arguments])


def _health(image: Image, arguments: str) -> Image:
    kind, _, rest = arguments.partition(" ")
    if kind != "CMD":
        raise ValueError(f"HEALTHCHECK {arguments}: it checks nothing")
    return replace(image, health=tuple(command(rest)))


def _cmd(image: Image, arguments: str) -> Image:
    return replace(image, command=tuple(command(arguments)))


HANDLERS: dict[str, Callable[[Image, str], Image]] = {
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _health,
    "LABEL": _label,
    "RUN": _run,
    "STOPSIGNAL": _stop_signal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}
