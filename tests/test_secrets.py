"""Secrets stand in nothing that is printed: a `repr` ends up in logs and tracebacks."""

import dataclasses
import importlib
import inspect
import pkgutil
import sys

import imgproxy_py


def holders() -> list[type]:
    """Every dataclass with a field named `secret`."""
    for module in pkgutil.walk_packages(imgproxy_py.__path__, "imgproxy_py."):
        # These two act when they are imported: the command line, and Alembic's environment.
        if "__main__" not in module.name and ".migrations" not in module.name:
            importlib.import_module(module.name)
    found = {
        kind
        for name, module in list(sys.modules.items())
        if name.startswith("imgproxy_py.")
        for _, kind in inspect.getmembers(module, dataclasses.is_dataclass)
        if isinstance(kind, type) and "secret" in kind.__dataclass_fields__
    }
    return sorted(found, key=lambda kind: kind.__name__)


def printed(kind: type) -> str:
    """What is printed of a value whose fields are numbers, but for the secret."""
    value: object = object.__new__(kind)
    for name in kind.__dataclass_fields__:  # type: ignore[attr-defined]
        object.__setattr__(value, name, b"open sesame" if name == "secret" else 0)
    return repr(value)


def test_whatever_holds_a_secret_does_not_print_it() -> None:
    found = holders()

    assert {"SigningKey", "Signer", "StoredResults"} <= {kind.__name__ for kind in found}
    assert [kind.__name__ for kind in found if "open sesame" in printed(kind)] == []
