"""The rules of ARCHITECTURE.md, held by reading every import of the two packages."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[1]
OURS = ("imgproxy_py", "options_grammar")

# Lowest first. A unit may import what stands in a lower row; those of one row are strangers.
LAYERS = (
    {"options_grammar"},
    {"errors", "version", "heap", "descriptors", "moments"},
    {"telemetry", "database"},
    {"engine", "sources", "store", "accounts"},
    {"workers"},
    {"service"},
    {"jobs"},
    {"web"},
    {"settings"},
    {"compose"},
    {"main"},
    {"cli"},
    {"__main__"},
)
HEIGHTS = {unit: height for height, row in enumerate(LAYERS) for unit in row}
# settings stands high so that nothing below the root reads it; it needs only readers of values.
SETTINGS_MAY_IMPORT = {"accounts", "errors", "settings"}

# Where each outside library lives. `None`: a plain tool that any unit may use.
HOMES: dict[str, set[str] | None] = {
    "PIL": {"engine"},
    "aiocache": {"store"},
    "aiohttp": {"cli", "sources"},
    "alembic": {"database", "accounts", "jobs"},
    "av": {"engine"},
    "click": {"cli"},
    "dotenv": {"settings"},
    "h11": {"web"},
    "http_sf": {"engine"},
    "hypercorn": {"web"},
    "jinja2": {"cli", "web"},
    "mozjpeg_lossless_optimization": {"engine"},
    "msgspec": None,
    "multidict": {"sources"},
    "numba": {"engine"},
    "numpy": {"engine"},
    "obstore": {"store"},
    "oxipng": {"engine"},
    "pymemcache": {"store"},
    "python_multipart": {"sources"},
    "pyvips": {"engine"},
    "rich": {"cli"},
    "sqlalchemy": {"database", "accounts", "jobs"},
    "starlette": {"web"},
    "taskiq": {"jobs"},
    "thash": {"engine"},
    "uvloop": {"cli", "main"},
    "yaml": {"web"},
    "yarl": {"sources"},
}
# `workers/process.py` hands a fixed list of variables on to its children and reads no setting.
READERS_OF_THE_ENVIRONMENT = {"imgproxy_py/settings/load.py", "imgproxy_py/workers/process.py"}
NETWORK = {"asyncio", "http", "socket", "ssl", "urllib"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module, dotted, and where: `place` is `path:line`."""

    place: str
    unit: str
    module: str

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]

    @property
    def target(self) -> str:
        """The unit of ours that is imported."""
        return unit_of(self.module.split("."))


def unit_of(parts: list[str]) -> str:
    """`imgproxy_py.web.reply` belongs to the unit web, all of options_grammar is one unit."""
    if parts[0] == "options_grammar" or len(parts) == 1:
        return parts[0]
    return parts[1]


@cache
def files() -> dict[str, ast.Module]:
    found = (path for package in OURS for path in sorted((PROJECT / package).rglob("*.py")))
    return {
        path.relative_to(PROJECT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in found
    }


def imports() -> Iterator[Import]:
    for path, tree in files().items():
        unit = unit_of(path.removesuffix(".py").split("/"))
        for node in ast.walk(tree):
            for module in _modules(node):
                yield Import(place=f"{path}:{node.lineno}", unit=unit, module=module)  # type: ignore[attr-defined]


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are written in full"
        if node.module == "imgproxy_py":
            yield from (f"imgproxy_py.{alias.name}" for alias in node.names)
        else:
            yield node.module or ""


def test_imports_point_downward_only() -> None:
    upward = [
        f"{one.place}: {one.unit} imports {one.module}"
        for one in imports()
        if one.package in OURS
        and one.target != one.unit
        and HEIGHTS[one.target] >= HEIGHTS[one.unit]
    ]

    assert upward == []


def test_every_unit_has_its_place_in_the_layers() -> None:
    units = {one.unit for one in imports()} - {"imgproxy_py", "__init__"}

    assert units <= HEIGHTS.keys()


def test_settings_know_the_accounts_readers_and_nothing_else_of_ours() -> None:
    known = {one.target for one in imports() if one.unit == "settings" and one.package in OURS}

    assert known <= SETTINGS_MAY_IMPORT


def test_the_grammar_needs_only_the_standard_library() -> None:
    outside = [
        f"{one.place}: {one.module}"
        for one in imports()
        if one.unit == "options_grammar"
        and one.package not in sys.stdlib_module_names | {"options_grammar"}
    ]

    assert outside == []


def test_each_outside_library_is_imported_only_in_its_home() -> None:
    strays = []
    for one in imports():
        if one.package in sys.stdlib_module_names or one.package in OURS:
            continue
        assert one.package in HOMES, f"{one.place}: {one.package} has no home written down"
        home = HOMES[one.package]
        if home is not None and one.unit not in home:
            strays.append(f"{one.place}: {one.module}")

    assert strays == []


def test_the_engine_knows_nothing_of_networks() -> None:
    known = [one.place for one in imports() if one.unit == "engine" and one.package in NETWORK]

    assert known == []


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        path
        for path, tree in files().items()
        if any(_reads_the_environment(node) for node in ast.walk(tree))
    }

    assert readers <= READERS_OF_THE_ENVIRONMENT


def _reads_the_environment(node: ast.AST) -> bool:
    names = {"environ", "environb", "getenv", "getenvb"}
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id == "os" and node.attr in names
    if isinstance(node, ast.ImportFrom) and node.module == "os":
        return any(alias.name in names for alias in node.names)
    return False
