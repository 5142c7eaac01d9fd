"""Calls about one picture: a form with one file at most, and that file whole."""

from imgproxy_py.sources.errors import UploadEmpty, UploadTooMany
from imgproxy_py.sources.upload import Upload
from imgproxy_py.web.api.body import BodyLimits, read_form
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.form import ApiForm
from imgproxy_py.web.errors import SourceAmbiguous


async def read_form_of_one(call: ApiCall, *, limits: BodyLimits) -> ApiForm:
    """As `read_form`; SourceAmbiguous for several files, which says where those go."""
    try:
        return await read_form(call, limits=limits)
    except UploadTooMany as error:
        raise SourceAmbiguous(
            "there is more than one file; send one, or up to 50 to /api/v1/optimize/batch"
        ) from error


def whole(upload: Upload) -> Upload:
    """The upload itself; UploadEmpty, or what kept it from being read to its end."""
    if upload.spool.failure is not None:
        raise upload.spool.failure
    if upload.spool.bytes_written == 0:
        raise UploadEmpty("the uploaded file is empty")
    return upload
