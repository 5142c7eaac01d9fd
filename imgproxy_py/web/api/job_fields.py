"""What the fields of a form say about jobs to be."""

from urllib.parse import unquote

from imgproxy_py.jobs.desk import NewJob
from imgproxy_py.jobs.job import JobOrder
from imgproxy_py.sources.filename import clean_filename
from imgproxy_py.sources.url import SourceUrl, read_source_url
from imgproxy_py.web.api.field_values import clean
from imgproxy_py.web.api.fields import OrderFields, read_fields
from imgproxy_py.web.api.form import ApiForm
from imgproxy_py.web.api.one_file import whole
from options_grammar import canonical

CALLBACK_URL = "callback_url"
CLIENT_BATCH_ID = "client_batch_id"
DEFAULT_FILENAME = "image"


def new_job(form: ApiForm) -> NewJob:
    """One picture, by upload or by URL.

    Raises what fields and uploads raise; SourceUrlInvalid at once, though nothing is fetched yet.
    """
    fields = read_fields(form, also_known=(CALLBACK_URL,))
    callback_url = callback_url_of(form)
    order = _order(fields)
    if fields.source_url is not None:
        filename = _filename_in(read_source_url(fields.source_url))
        return NewJob(order=order, filename=filename, callback_url=callback_url)
    upload = whole(form.files[0])
    return NewJob(
        order=order,
        filename=upload.filename or DEFAULT_FILENAME,
        upload=upload.spool,
        callback_url=callback_url,
    )


def batch_order(form: ApiForm) -> JobOrder:
    """What holds for every file of a batch; raises what fields raise."""
    known = (CLIENT_BATCH_ID, CALLBACK_URL)
    return _order(read_fields(form, takes_source=False, also_known=known))


def callback_url_of(form: ApiForm) -> str | None:
    """FieldInvalid for what is no text."""
    return clean(CALLBACK_URL, form.fields.get(CALLBACK_URL, "")) or None


def _order(fields: OrderFields) -> JobOrder:
    return JobOrder(
        options=canonical(fields.options),
        source_url=fields.source_url,
        warnings=fields.warnings,
        keeps_result=fields.keeps_result,
    )


def _filename_in(source_url: SourceUrl) -> str:
    """The last part of the URL's path, as a name."""
    path = source_url.target.partition("?")[0]
    return clean_filename(unquote(path)) or DEFAULT_FILENAME
