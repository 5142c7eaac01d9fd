"""When time runs out with nothing better: the source itself."""

import os

from imgproxy_py.engine.errors import NotAnImage
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.sniff import sniff
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import SourceAnswer
from imgproxy_py.workers.errors import DeadlineReached

UNTOUCHED = "the time allowed ran out: this is the source as it came"


def the_source_itself(request: Request) -> SourceAnswer:
    """A redirect to the source, or the upload's own bytes.

    What is not a picture is not echoed, nor an SVG, which may hold scripts and has not been
    cleaned (a form on any page can have it posted here): then the deadline itself is the error.
    """
    warnings = (*request.warnings, UNTOUCHED)
    if request.upload is None:
        return SourceAnswer(source_url=request.source_url, warnings=warnings)
    try:
        source_format = sniff(SourceBytes(request.upload.fileno()).head())
    except NotAnImage as error:
        raise DeadlineReached(best=None) from error
    if source_format is ImageFormat.SVG:
        raise DeadlineReached(best=None)
    data = os.pread(request.upload.fileno(), request.upload.bytes_written, 0)
    return SourceAnswer(
        source_url=None,
        data=data,
        media_type=FORMATS[source_format].media_type,
        warnings=warnings,
    )
