"""What is installed: the declared dependencies, and the wheel that is built from this folder."""

import ast
import configparser
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from imgproxy_py.version import VERSION
from tests.docker.dockerfile import build_context

PROJECT = Path(__file__).parents[1]
PACKAGES = ("imgproxy_py", "options_grammar")
REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(\[[a-z,]+\])?>=\d+(\.\d+)*")
# `web/wire.py` puts functions of ours in place of some of its own, which another version may lack.
WITH_CEILING = {"hypercorn>=0.18,<0.19"}
# Which distribution brings which module, as far as it is installed here.
DISTRIBUTIONS = importlib.metadata.packages_distributions()


def configuration() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(PROJECT / "setup.cfg", encoding="utf-8")
    return parser


def requirements(*, extra: str | None = None) -> list[str]:
    parser = configuration()
    if extra is None:
        text = parser["options"]["install_requires"]
    else:
        text = parser["options.extras_require"][extra]
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def names(lines: list[str]) -> set[str]:
    return {normalized(re.split(r"[\[>=<!~; ]", line)[0]) for line in lines}


def normalized(name: str) -> str:
    """PEP 503: runs of dots, dashes and underscores are one dash, letters are small."""
    return re.sub(r"[-_.]+", "-", name).lower()


def outside_imports(package: str) -> Iterator[tuple[str, str]]:
    """(module, `path:line`) of every import that is neither ours nor the standard library's."""
    known = sys.stdlib_module_names | {*PACKAGES}
    for path in sorted((PROJECT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                if module.partition(".")[0] not in known:
                    place = path.relative_to(PROJECT).as_posix()
                    yield module.partition(".")[0], f"{place}:{getattr(node, 'lineno', 0)}"


@pytest.mark.parametrize("extra", [None, "video", "dev"])
def test_every_dependency_has_a_floor_and_none_a_ceiling_that_is_not_explained(
    extra: str | None,
) -> None:
    others = {line for line in requirements(extra=extra) if not REQUIREMENT.fullmatch(line)}
    assert others <= WITH_CEILING


def test_every_library_that_is_imported_is_declared() -> None:
    declared = names(requirements()) | names(requirements(extra="video"))

    undeclared = {
        f"{place}: {module}"
        for module, place in outside_imports("imgproxy_py")
        if declared.isdisjoint(map(normalized, DISTRIBUTIONS.get(module, [module])))
    }

    assert undeclared == set()


def test_sqlalchemy_is_asked_for_with_what_its_asyncio_needs() -> None:
    """SQLAlchemy 2.1 brings greenlet only with this extra, and does not import without it."""
    assert [line for line in requirements() if re.match(r"(?i)sqlalchemy\[asyncio\]", line)]


def test_the_grammar_imports_nothing_from_outside() -> None:
    assert [*outside_imports("options_grammar")] == []


def test_the_server_starts_without_the_video_extra() -> None:
    missing = names(requirements(extra="video")) - names(requirements())
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({sorted(missing)}));"
        "import imgproxy_py.cli.app, imgproxy_py.workers.child, imgproxy_py.engine.optimize"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "name",
    [
        *("setup.cfg", "pyproject.toml", "ruff.toml", "Makefile", "Dockerfile", "compose.yaml"),
        *("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
        *("LICENSE", "imgproxy_py", "options_grammar", "tests", "benchmarks", "docs", "deploy"),
        ".ci/run",
    ],
)
def test_the_top_level_holds_what_a_visitor_looks_for(name: str) -> None:
    assert (PROJECT / name).exists()


def test_compose_asks_the_same_health_question_as_the_image() -> None:
    compose = (PROJECT / "compose.yaml").read_text(encoding="utf-8")
    dockerfile = (PROJECT / "Dockerfile").read_text(encoding="utf-8")

    asked = re.search(r'^ +CMD \["python", (.*)\]$', dockerfile, re.MULTILINE)

    assert asked is not None
    assert f'test: ["CMD", "python", {asked[1]}]' in compose


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """Built from a copy, as setuptools leaves a folder `build` where it works."""
    if reason := why_no_wheel():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("wheel")
    for path in build_context(PROJECT):
        (folder / "src" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / path, folder / "src" / path)
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, "-w", str(folder), str(folder / "src")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        yield archive


def why_no_wheel() -> str | None:
    try:
        version = importlib.metadata.version("setuptools")
    except importlib.metadata.PackageNotFoundError:
        return "setuptools is not installed"
    makes_wheels = tuple(map(int, version.split(".")[:2])) >= (70, 1)
    if not makes_wheels and importlib.util.find_spec("wheel") is None:
        return f"setuptools {version} needs the package wheel, which is not installed"
    return None


def test_the_wheel_holds_every_file_of_both_packages_and_no_more(wheel: zipfile.ZipFile) -> None:
    ours = {str(path) for path in build_context(PROJECT) if path.parts[0] in PACKAGES}
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert {PurePosixPath(name).suffix for name in inside} >= {".py", ".html", ".mako", ".typed"}
    assert inside == ours


def test_the_wheel_brings_the_command_and_says_its_version(wheel: zipfile.ZipFile) -> None:
    info = f"imgproxy_py-{VERSION}.dist-info"

    entry_points = wheel.read(f"{info}/entry_points.txt").decode()
    metadata = wheel.read(f"{info}/METADATA").decode()

    assert "imgproxy-py = imgproxy_py.__main__:main" in entry_points
    assert f"\nVersion: {VERSION}\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
