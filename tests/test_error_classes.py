"""Every error that a requester may see has a code of its own and a status."""

import ast
import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import imgproxy_py
from imgproxy_py.errors import ImgproxyError
from imgproxy_py.web.problems import STATUSES
from options_grammar import OptionsError, PathError

PROJECT = Path(__file__).parents[1]
PACKAGES = ("imgproxy_py", "options_grammar")


def error_classes() -> list[type[Exception]]:
    """Every error that a requester may see, whichever module defines it."""
    for module in pkgutil.walk_packages(imgproxy_py.__path__, "imgproxy_py."):
        # These two act when they are imported: the command line, and Alembic's environment.
        if "__main__" not in module.name and ".migrations" not in module.name:
            importlib.import_module(module.name)
    found = [kind for root in (ImgproxyError, OptionsError, PathError) for kind in _family(root)]
    ours = {kind for kind in found if kind.__module__.startswith(PACKAGES)} - {ImgproxyError}
    return sorted(ours, key=lambda kind: kind.__name__)


def _family(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for kind in root.__subclasses__():
        yield from _family(kind)


@cache
def made_names() -> set[str]:
    """What is called, and what is raised as it is: `raise PageNotFound`."""
    return {
        ast.unparse(made).split(".")[-1]
        for package in PACKAGES
        for path in (PROJECT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (made := _made(node)) is not None
    }


def _made(node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.Call):
        return node.func
    return node.exc if isinstance(node, ast.Raise) else None


ERROR_CLASSES = error_classes()
# A family of which only members are made needs no row of its own.
RAISED = [
    kind for kind in ERROR_CLASSES if not kind.__subclasses__() or kind.__name__ in made_names()
]


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in RAISED])
def test_every_error_that_is_raised_has_a_status(kind: type[Exception]) -> None:
    assert any(issubclass(kind, row) for row, _ in STATUSES)


def test_no_two_kinds_of_error_share_a_code() -> None:
    owners = Counter(vars(kind)["code"] for kind in ERROR_CLASSES if "code" in vars(kind))

    assert [code for code, count in owners.items() if count > 1] == []


def test_every_error_says_more_than_the_root_s_code() -> None:
    nameless = [
        kind.__name__
        for kind in ERROR_CLASSES
        if issubclass(kind, ImgproxyError) and kind.code == ImgproxyError.code
    ]

    assert nameless == []
