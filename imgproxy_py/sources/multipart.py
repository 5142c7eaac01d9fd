"""Forms (RFC 7578) read as they arrive: files go to spools, text fields to a small dictionary.

The parser is python-multipart's; what is ours is which parts are kept, and how much of anything.
"""

from collections.abc import Callable
from dataclasses import dataclass

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError

from imgproxy_py.sources.errors import SourceTooLarge, UploadMalformed, UploadTooMany
from imgproxy_py.sources.parameters import filename_in, read_parameters
from imgproxy_py.sources.spool import Spool

MAX_PARTS = 1_000
MAX_FIELD_BYTES = 64 * 1024
MAX_FIELDS_BYTES = 1024 * 1024
MAX_PART_HEADERS = 16
# A file's name takes 255 bytes on most disks, and stands in a header twice, escaped.
MAX_HEADER_BYTES = 4096
# The parser must not find a longer one first: it says only that something is wrong.
_PARSERS_MAX_HEADER_BYTES = 1 << 20

# Fields that hold a file even where a client sends no file name, the best first.
FILE_FIELDS = ("file", "image", "upload_file")

_PLAIN_ENCODINGS = frozenset({"", "binary", "8bit", "7bit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """A file of a form. `filename` is as the client sent it."""

    field: str
    filename: str | None
    media_type: str | None
    spool: Spool


class FormReader:
    """Push the body in with `write`, then `finish`; `files` and `fields` hold what came.

    With `max_files` None one file is kept, the one that was most likely meant: field `file`,
    else the first part with a file name. Otherwise all are, and a file that is too large fails
    its own spool only. Raises UploadMalformed, UploadTooMany, SourceTooLarge. Whoever holds this
    value closes it, or the spools it holds.
    """

    def __init__(
        self, boundary: str, *, new_spool: Callable[[], Spool], max_files: int | None = None
    ) -> None:
        self.fields: dict[str, str] = {}
        self.files: list[ReceivedFile] = []
        self._new_spool = new_spool
        self._max_files = max_files
        self._parts = 0
        self._part_headers = 0
        self._fields_bytes = 0
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._headers: dict[str, str] = {}
        self._open_file: ReceivedFile | None = None
        self._open_field: str | None = None
        self._open_text = bytearray()
        self._parser = self._new_parser(boundary)

    def write(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise UploadMalformed("the form cannot be read: it is not valid multipart") from error

    def finish(self) -> None:
        """The body has ended: well, or at least after the files in it had."""
        if self._open_file is not None:
            # Closes a body that was cut within its last boundary; anywhere else it changes nothing.
            self.write(b"--")
        if self._open_file is not None:
            raise UploadMalformed("the form ended before the file in it was complete")
        if self._parts == 0:
            raise UploadMalformed("the form has no parts")

    def close(self) -> None:
        for file in self.files:
            file.spool.close()

    def _new_parser(self, boundary: str) -> MultipartParser:
        try:
            return MultipartParser(
                boundary.encode("latin-1"),
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._take_header_name,
                    "on_header_value": self._take_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._open_part,
                    "on_part_data": self._take_data,
                    "on_part_end": self._end_part,
                },
                max_header_count=MAX_PART_HEADERS + 1,
                max_header_size=_PARSERS_MAX_HEADER_BYTES,
            )
        except (FormParserError, UnicodeEncodeError) as error:
            raise UploadMalformed("the form's boundary cannot be used") from error

    def _begin_part(self) -> None:
        self._headers = {}
        self._part_headers = 0
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise UploadMalformed(f"a form may have at most {MAX_PARTS} parts")

    def _take_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]
        self._check_header()

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]
        self._check_header()

    def _check_header(self) -> None:
        if len(self._header_name) + len(self._header_value) > MAX_HEADER_BYTES:
            raise UploadMalformed(
                f"a header of a part of the form has more than {MAX_HEADER_BYTES} bytes; a file's "
                "name stands there"
            )

    def _end_header(self) -> None:
        self._part_headers += 1
        if self._part_headers > MAX_PART_HEADERS:
            raise UploadMalformed(f"a part of a form may have at most {MAX_PART_HEADERS} headers")
        name = self._header_name.decode("latin-1").lower()
        self._headers[name] = _text(self._header_value).strip()
        self._header_name.clear()
        self._header_value.clear()

    def _open_part(self) -> None:
        encoding = self._headers.get("content-transfer-encoding", "").lower()
        if encoding not in _PLAIN_ENCODINGS:
            raise UploadMalformed("parts of a form must be sent as they are, without an encoding")
        _, parameters = read_parameters(self._headers.get("content-disposition", ""))
        field, filename = parameters.get("name"), filename_in(parameters)
        if filename == "":
            return  # a browser's file input where nothing was chosen
        if filename is not None or field in FILE_FIELDS:
            self._open_as_file(field or "", filename)
        elif field is not None:
            self._open_field = field

    def _open_as_file(self, field: str, filename: str | None) -> None:
        if self._max_files is None and self.files:
            if field != FILE_FIELDS[0] or self.files[0].field == FILE_FIELDS[0]:
                return
            self.files.pop().spool.close()
        elif self._max_files is not None and len(self.files) >= self._max_files:
            raise UploadTooMany(f"a request may hold at most {self._max_files} files")
        self._open_file = ReceivedFile(
            field=field,
            filename=filename,
            media_type=self._headers.get("content-type"),
            spool=self._new_spool(),
        )
        self.files.append(self._open_file)

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        if self._open_file is not None:
            self._write_to(self._open_file.spool, memoryview(data)[start:end])
        elif self._open_field is not None:
            self._open_text += data[start:end]
            self._fields_bytes += end - start
            if len(self._open_text) > MAX_FIELD_BYTES or self._fields_bytes > MAX_FIELDS_BYTES:
                raise UploadMalformed("the form's text fields are too long")

    def _write_to(self, spool: Spool, data: memoryview) -> None:
        try:
            if spool.failure is None:
                spool.write(data)
        except SourceTooLarge as error:
            if self._max_files is None:
                raise
            spool.fail(error)

    def _end_part(self) -> None:
        if self._open_file is not None:
            self._open_file.spool.finish()
        elif self._open_field is not None:
            self.fields[self._open_field] = _text(self._open_text)
        self._open_file = self._open_field = None
        self._open_text.clear()


def _text(data: bytearray) -> str:
    """UTF-8, as browsers send it, or the Latin-1 of clients from before."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
