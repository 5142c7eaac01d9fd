"""Forms of the API as they were read, made by hand."""

from pathlib import Path

from imgproxy_py.sources.spool import Spool
from imgproxy_py.sources.upload import Upload
from imgproxy_py.web.api.fields import read_fields
from imgproxy_py.web.api.form import ApiForm
from options_grammar import canonical

URL = "https://a.example/b.jpg"


def options_of(**fields: str) -> str:
    """The canonical text of what the fields ask for."""
    return canonical(read_fields(ApiForm(fields={"url": URL, **fields})).options)


def upload(directory: Path, data: bytes, filename: str | None = "a.jpg") -> Upload:
    spool = Spool(directory, max_source_bytes=1000, expected_bytes=len(data))
    spool.write(data)
    spool.finish()
    return Upload(spool=spool, filename=filename, field_name="image")
