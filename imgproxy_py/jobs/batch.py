"""A batch: files that are optimized together, sent in chunks, told of as one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from imgproxy_py.errors import ImgproxyError
from imgproxy_py.jobs.errors import ClientBatchIdInvalid
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.states import UNFINISHED, State
from imgproxy_py.moments import utc_text

MAX_CLIENT_BATCH_ID_CHARACTERS = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """`client_batch_id` is the account's own name for it; `id` is ours. `total_files` counts all
    that were ever sent."""

    id: str
    account_id: str
    client_batch_id: str
    chunks: int
    created_at: datetime
    total_files: int = 0

    def as_json(self) -> dict[str, object]:
        """What it is; how far it has come says BatchProgress."""
        return {
            "batch_id": self.id,
            "client_batch_id": self.client_batch_id,
            "chunks": self.chunks,
            "created_at": utc_text(self.created_at),
            "total_files": self.total_files,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One request's share of a batch. Its jobs are numbered from `first_number` on.

    `total_files` is how many the batch has with it. `is_known`: the same request came before, so
    its jobs may be there already.
    """

    batch: Batch
    number: int
    first_number: int
    files: int
    total_files: int
    is_known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A file that no job was made of, and why.

    `index` is its place in the request, from 0; None where it was noted before that was kept.
    `chunk` is the number of that request.
    """

    index: int | None
    filename: str
    code: str
    message: str
    chunk: int

    @classmethod
    def of(cls, chunk: int, index: int, filename: str, error: ImgproxyError) -> "Rejection":
        message = str(error).partition("\n")[0]
        return cls(index=index, filename=filename, code=error.code, message=message, chunk=chunk)

    def as_json(self) -> dict[str, object]:
        return {
            "filename": self.filename,
            "code": self.code,
            "message": self.message,
            "chunk": self.chunk,
            "index": self.index,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenChunk:
    """What became of a chunk's files: `accepted` jobs by their place in the request."""

    chunk: Chunk
    accepted: Mapping[int, Job]
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    """How far a batch has come. Bytes are those of what has succeeded."""

    counts: Mapping[State, int] = field(default_factory=lambda: MappingProxyType({}))
    rejected: int = 0
    source_bytes: int = 0
    result_bytes: int = 0

    @property
    def total_files(self) -> int:
        return sum(self.counts.values()) + self.rejected

    @property
    def unfinished(self) -> int:
        return sum(self.counts.get(state, 0) for state in UNFINISHED)

    @property
    def is_finished(self) -> bool:
        """Nothing of what was sent so far is left to do; another chunk may still come."""
        return self.unfinished == 0

    @property
    def version(self) -> str:
        """Equal exactly when nothing has changed."""
        return ".".join(str(self.counts.get(state, 0)) for state in State) + f".{self.rejected}"

    def as_json(self) -> dict[str, object]:
        saved = self.source_bytes - self.result_bytes
        percent = 100 * saved / self.source_bytes if self.source_bytes else 0.0
        return {
            "total_files": self.total_files,
            **{state.value: self.counts.get(state, 0) for state in State},
            "rejected": self.rejected,
            "is_finished": self.is_finished,
            "original_size": self.source_bytes,
            "optimized_size": self.result_bytes,
            "saved_bytes": saved,
            "percent": max(0.0, round(percent, 1)),
        }


def read_client_batch_id(text: str | None) -> str:
    """The id as it was sent; ClientBatchIdInvalid."""
    is_good = (
        text is not None
        and 0 < len(text) <= MAX_CLIENT_BATCH_ID_CHARACTERS
        and text.isprintable()
        and bool(text.strip())
    )
    if not is_good:
        raise ClientBatchIdInvalid(max_characters=MAX_CLIENT_BATCH_ID_CHARACTERS)
    assert text is not None
    return text
