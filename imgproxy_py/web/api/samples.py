"""One example of every call of the API, from which the lines of the docs page are written.

Names in capitals are for the reader to fill in; everything else works as it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

API_KEY = "opt_YOUR_KEY"
BATCH = "catalog-2026-11"


class Answers(Enum):
    """What comes back, and so what one does with it."""

    JSON = "json"
    FILE = "file"
    EVENTS = "events"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One call. `operation` is its name in openapi.yaml, `path` has what stands there in braces
    filled in. `files` are names of fields and of files beside the reader; a `json` body and a form
    exclude one another. In a text of `json`, `{public_url}` is the server's address."""

    operation: str
    method: str
    path: str
    title: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    files: tuple[tuple[str, str], ...] = ()
    json: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    needs_key: bool = True
    answers: Answers = Answers.JSON
    saves_as: str = ""


SAMPLES: tuple[Sample, ...] = (
    Sample(
        operation="optimize",
        title="A picture on your disk",
        method="POST",
        path="/api/optimize",
        files=(("image", "photo.jpg"),),
        fields={"accept_file": "true", "format": "webp", "compression": "max"},
    ),
    Sample(
        operation="optimize",
        title="A picture on the web",
        method="POST",
        path="/api/optimize",
        json={"url": "{public_url}/static/sample.jpg", "width": 800},
    ),
    Sample(
        operation="addToBatch",
        method="POST",
        path="/api/v1/optimize/batch",
        headers={"Idempotency-Key": "catalog-2026-11-chunk-1"},
        files=(("files", "photo.jpg"), ("files", "second.jpg")),
        fields={"client_batch_id": BATCH, "format": "webp"},
    ),
    Sample(operation="listBatches", method="GET", path="/api/v1/batches?limit=20"),
    Sample(operation="getBatch", method="GET", path=f"/api/v1/batches/{BATCH}"),
    Sample(
        operation="followBatch",
        method="GET",
        path=f"/api/v1/batches/{BATCH}/events",
        answers=Answers.EVENTS,
    ),
    Sample(
        operation="downloadBatch",
        method="GET",
        path=f"/api/v1/batches/{BATCH}/zip",
        answers=Answers.FILE,
        saves_as="catalog.zip",
    ),
    Sample(operation="cancelBatch", method="DELETE", path=f"/api/v1/batches/{BATCH}"),
    Sample(
        operation="createJob",
        method="POST",
        path="/api/v1/jobs",
        headers={"Idempotency-Key": "photo-42"},
        json={"url": "{public_url}/static/sample.jpg", "format": "avif"},
    ),
    Sample(operation="getJob", method="GET", path="/api/v1/jobs/JOB_ID"),
    Sample(operation="listJobs", method="GET", path="/api/v1/jobs?status=succeeded&limit=20"),
    Sample(operation="cancelJob", method="DELETE", path="/api/v1/jobs/JOB_ID"),
    Sample(operation="listLibrary", method="GET", path="/api/v1/library?limit=20"),
    Sample(
        operation="deleteFromLibrary",
        method="DELETE",
        path="/api/v1/library/RESULT_ID",
        answers=Answers.NOTHING,
    ),
    Sample(operation="getAccount", method="GET", path="/api/v1/account"),
    Sample(operation="getUsage", method="GET", path="/api/v1/usage?month=2026-11"),
    Sample(operation="listKeys", method="GET", path="/api/v1/keys"),
    Sample(
        operation="createKey",
        method="POST",
        path="/api/v1/keys",
        json={"name": "build server"},
    ),
    Sample(operation="rotateKey", method="POST", path="/api/v1/keys/KEY_ID/rotate"),
    Sample(
        operation="revokeKey",
        method="DELETE",
        path="/api/v1/keys/KEY_ID",
        answers=Answers.NOTHING,
    ),
    Sample(
        operation="purgeCache",
        method="DELETE",
        path="/api/v1/cache?url=https%3A%2F%2Fexample.com%2Fphoto.jpg",
    ),
    Sample(
        operation="verifyReceipt",
        method="POST",
        path="/api/v1/verify",
        files=(("source", "photo.jpg"), ("result", "small.webp"), ("receipt", "receipt.txt")),
        needs_key=False,
    ),
)
