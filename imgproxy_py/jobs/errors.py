"""What can go wrong with jobs and batches.

ImgproxyError
└── JobsError
    ├── JobNotFound          the account has no such job
    ├── JobFinished          a job that has ended cannot be cancelled
    ├── CursorInvalid        a list was asked to go on from nowhere
    ├── CallbackUrlInvalid   results cannot be announced there
    ├── UploadLost           the uploaded picture is no longer in the store
    ├── BatchNotFinished     its ZIP was asked for while jobs of it still run
    ├── BatchNotFound        the account has no such batch
    ├── BatchTooLarge        more files than one batch may have
    ├── ChunksExceeded       too many chunks of batches at the same time
    ├── ClientBatchIdInvalid  no text that names a batch
    ├── FilenameInvalid      a file of a batch without a name
    ├── ResultGone           a result left the store while its ZIP was being sent
    ├── ResultsExpired       results of a batch are not there any more
    └── StreamsExceeded      too many long answers at the same time
"""

from imgproxy_py.errors import ImgproxyError


class JobsError(ImgproxyError):
    """A job cannot be dealt with as asked."""

    code = "jobs_error"


class JobNotFound(JobsError):
    """The account has no such job. Says nothing of other accounts' jobs."""

    code = "job_not_found"

    def __init__(self, job_id: str) -> None:
        super().__init__(f'there is no job "{job_id}"')


class JobFinished(JobsError):
    """The job has ended already."""

    code = "job_finished"

    def __init__(self, job_id: str, state: str) -> None:
        super().__init__(f'the job "{job_id}" has {state} already: there is nothing to cancel')


class CursorInvalid(JobsError):
    """A cursor that no list has given out."""

    code = "cursor_invalid"

    def __init__(self) -> None:
        super().__init__("the cursor is none that a list gave out; begin without one")


class CallbackUrlInvalid(JobsError):
    """The result of a job cannot be announced at this URL."""

    code = "callback_url_invalid"

    def __init__(self, reason: str) -> None:
        super().__init__(f"callback_url cannot be used: {reason}")


class UploadLost(JobsError):
    """The uploaded picture is gone from the store, or is not what was uploaded."""

    code = "upload_lost"

    def __init__(self) -> None:
        super().__init__("the uploaded picture is no longer in the store; send it again")


class BatchNotFinished(JobsError):
    """The batch's ZIP was asked for while jobs of it still run."""

    code = "batch_not_finished"
    retry_after_seconds = 2

    def __init__(self, *, unfinished: int) -> None:
        files = "one file is" if unfinished == 1 else f"{unfinished} files are"
        super().__init__(
            f"{files} not finished yet in this batch; ask again later, or with partial=true "
            "for those that are"
        )


class BatchNotFound(JobsError):
    """The account has no batch of this id."""

    code = "batch_not_found"

    def __init__(self) -> None:
        super().__init__("this account has no batch with that client_batch_id")


class BatchTooLarge(JobsError):
    """The batch would have more files than one may."""

    code = "batch_too_large"

    def __init__(self, *, files: int, max_files: int) -> None:
        super().__init__(
            f"a batch may have at most {max_files} files, and this one has {files} already; "
            "begin another with a new client_batch_id"
        )


class ChunksExceeded(JobsError):
    """The account sends as many chunks at the same time as it may."""

    code = "chunks_exceeded"
    retry_after_seconds = 5

    def __init__(self, *, max_chunks: int) -> None:
        super().__init__(
            f"this account is sending {max_chunks} chunks of batches, the most at a time; send the "
            "next when one of them has been answered"
        )


class ClientBatchIdInvalid(JobsError):
    """The text can be no id of a batch, or there is none."""

    code = "client_batch_id_invalid"

    def __init__(self, *, max_characters: int) -> None:
        super().__init__(
            f'the field "client_batch_id" must hold 1 to {max_characters} printable characters, '
            "the same in every chunk of one batch"
        )


class FilenameInvalid(JobsError):
    """A file of a batch has no name under which its result could be saved."""

    code = "filename_invalid"

    def __init__(self) -> None:
        super().__init__("the file has no usable name, so its result could have none either")


class ResultGone(JobsError):
    """A result left the store while it was being read. The head of the answer is out by then."""

    code = "result_gone"

    def __init__(self, name: str) -> None:
        super().__init__(f'the result "{name}" is not in the store any more')


# Names in a message, so that nobody is told fifty thousand.
MAX_NAMED = 20


class ResultsExpired(JobsError):
    """`count` results of the batch are not kept any more; `names` are the first of them."""

    code = "results_expired"

    def __init__(self, *, count: int, names: tuple[str, ...]) -> None:
        results = "one result" if count == 1 else f"{count} results"
        more = f" and {count - MAX_NAMED} more" if count > MAX_NAMED else ""
        super().__init__(
            f"{results} of this batch can no longer be had: {', '.join(names[:MAX_NAMED])}{more}; "
            "send these files again, with storage_commit=true to have their results kept"
        )


class StreamsExceeded(JobsError):
    """The account has as many long answers open as it may."""

    code = "streams_exceeded"
    retry_after_seconds = 5

    def __init__(self, *, max_streams: int) -> None:
        super().__init__(
            f"this account has {max_streams} event streams and ZIP downloads open, the most at a "
            "time; close one first"
        )
