"""`imgproxy-py` and `python -m imgproxy_py`."""

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn

from imgproxy_py.cli.app import main as commands


def main() -> None:
    """Run the command line."""
    try:
        commands()
    except SystemExit as ended:
        if "obstore" in sys.modules:
            _end_at_once(ended)
        raise


def _end_at_once(ended: SystemExit) -> NoReturn:
    """Without taking the interpreter down: obstore's threads may still be handing something to
    Python just then, and one that finds it gone aborts the process after all was done."""
    is_code = ended.code is None or isinstance(ended.code, int)
    if not is_code:
        sys.stderr.write(f"{ended.code}\n")
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit((ended.code or 0) if is_code else 1)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
