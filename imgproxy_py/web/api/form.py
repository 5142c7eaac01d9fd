"""What the body of an API call said, whichever encoding it came in (body.py).

`imgproxy-py push` makes one too, to have its options read as the server reads them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever has no files needs nothing of what receives them
    from imgproxy_py.sources.upload import Upload

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiForm:
    """What was sent. Whoever holds this value closes it.

    A file that is too large is in it with its failure; one may be without bytes.
    """

    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    files: tuple["Upload", ...] = ()
    media_type: str = MULTIPART

    def close(self) -> None:
        """Give the files back."""
        for upload in self.files:
            upload.spool.close()

    def fingerprint(self) -> str:
        """SHA-256 in hex over fields, file names and file bytes: what makes two calls the same,
        however they were encoded and in whichever order they came."""
        files = sorted((upload.filename or "", _content(upload)) for upload in self.files)
        told = json.dumps([sorted(self.fields.items()), files])
        return hashlib.sha256(told.encode("ascii")).hexdigest()


def _content(upload: "Upload") -> str:
    return (
        upload.spool.sha256 if upload.spool.is_complete else f"incomplete: {upload.spool.failure}"
    )
