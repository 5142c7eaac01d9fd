"""Ids of jobs that follow from the request they were made of.

A process that is killed between taking a request and answering it leaves reserved images, uploads,
or jobs behind. Whoever sends the same request again comes to the same ids, and so finds them.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

from imgproxy_py.sources.upload import Upload


def ids_of_request(account_id: str, request: str) -> Iterator[str]:
    """The ids for the first job of a request, the second, …: under the same idempotency key the
    same may be wanted once more when the key is free again."""
    return (_id("request", account_id, request, number) for number in count())


def ids_of_files(batch_id: str, request_sha256: str, files: Sequence[Upload]) -> list[str]:
    """An id for each of a chunk's complete files.

    They do not depend on the order of the files, which may be another when the form is sent again.
    """
    seen: Counter[tuple[str, str]] = Counter()
    ids = []
    for file in files:
        named = file.filename or "", file.spool.sha256
        ids.append(_id("file", batch_id, request_sha256, *named, seen[named]))
        seen[named] += 1
    return ids


def _id(*parts: str | int) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
