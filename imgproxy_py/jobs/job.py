"""A job: one picture to optimize later, as its row tells it."""

from dataclasses import asdict, dataclass
from datetime import datetime

from imgproxy_py.jobs.states import FINISHED, State
from imgproxy_py.moments import utc_text
from imgproxy_py.service.delivery import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOrder:
    """What is to be done, kept as JSON in the row. An upload's bytes lie in the store until the job
    has ended, under the job's id or from `upload_offset` on in `upload_pack` (upload_packs.py);
    then `source_url` is None.

    `options` is canonical text (options_grammar). `upload_sha256` and `upload_bytes` are set when
    the upload is stored: what is read back must be the same.
    """

    options: str
    source_url: str | None = None
    upload_sha256: str | None = None
    upload_bytes: int = 0
    upload_pack: str | None = None
    upload_offset: int = 0
    warnings: tuple[str, ...] = ()
    keeps_result: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row. `attempt` is 0 while it never ran. `error` is why it failed; before that, why its
    last attempt came to nothing."""

    id: str
    account_id: str
    key_id: str
    batch_id: str | None = None
    number: int = 0
    state: State
    filename: str
    order: JobOrder
    attempt: int = 0
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    owner: str | None = None
    result: Delivery | None = None
    error: JobError | None = None
    callback_url: str | None = None

    @property
    def message_name(self) -> str:
        """What its callback is known by."""
        return self.id

    @property
    def progress(self) -> float:
        """0 or 1: how much of one picture is done nobody knows before it is."""
        return 1.0 if self.state in FINISHED else 0.0

    def as_json(self, *, public_url: str) -> dict[str, object]:
        """As the API shows it, and as its callback tells it."""
        return {
            "id": self.id,
            "status": self.state.value,
            "progress": self.progress,
            "created_at": utc_text(self.created_at),
            "started_at": utc_text(self.started_at),
            "finished_at": utc_text(self.finished_at),
            "filename": self.filename,
            "attempts": self.attempt,
            "result": None if self.result is None else self.result.as_json(public_url=public_url),
            "error": asdict(self.error) if self.error and self.state is State.FAILED else None,
        }
