"""The server's secrets, from which result ids are made: set by the operator, or made and kept."""

import base64
import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

FILE_NAME = "secret_keys"
SECRET_BYTES = 32


def load_secret_keys(data_dir: Path, configured: Sequence[bytes] = ()) -> tuple[bytes, ...]:
    """Oldest to newest; the last one makes new ids.

    Without configured keys they are read from `data_dir`/secret_keys, one base64url text a line.
    The file is made with mode 0600 by the first process that looks for it; of several that look
    at once, one file stands and all read that one.
    """
    if configured:
        return tuple(configured)
    file = data_dir / FILE_NAME
    if not file.exists():
        _make(file)
    keys = tuple(_decoded(line) for line in file.read_text(encoding="ascii").split())
    if not keys:
        raise ValueError(f"{file} is empty; remove it to have a new key made")
    return keys


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    line = base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).rstrip(b"=") + b"\n"
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".secret_keys-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as temporary:
            temporary.write(line)
            temporary.flush()
            os.fsync(temporary.fileno())
        # A link, unlike a rename, fails when another process was first.
        os.link(name, file)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)


def _decoded(line: str) -> bytes:
    return base64.urlsafe_b64decode(line + "=" * (-len(line) % 4))
