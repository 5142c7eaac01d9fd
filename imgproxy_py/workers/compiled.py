"""Where compiled code is kept, so that a server compiles once and not at every start.

numba looks beside the source first, then in the user's cache folder. In a container neither can
be written as a rule, but the server's data folder can. An operator's own NUMBA_CACHE_DIR goes
before all of it (process.py).
"""

import os
from pathlib import Path

from imgproxy_py import engine

_SOURCE = Path(engine.__file__).parent / "metric"


def cache_environment(directory: Path | None, *, source: Path = _SOURCE) -> dict[str, str]:
    """What tells numba to keep its code in `directory`; empty where it can lie beside the source
    in `source`, and where `directory` is None or cannot be written."""
    if directory is None or _is_writable(source / "__pycache__") or not _is_writable(directory):
        return {}
    return {"NUMBA_CACHE_DIR": str(directory.absolute())}


def _is_writable(directory: Path) -> bool:
    """Whether files can be made there; makes the folder where only that is missing."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(directory, os.W_OK | os.X_OK)
