"""Verify: what a result is beside its source, found out from the pixels and from no claim.

The reference is rendered again from the source as it was for the result, by the same options
through the same pipeline, and the result is scored against it by the same judge.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from imgproxy_py.engine.content import measure
from imgproxy_py.engine.decode import decode
from imgproxy_py.engine.encode import size_of
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.errors import EngineError
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.judge import Judge
from imgproxy_py.engine.memory import needed_memory_bytes
from imgproxy_py.engine.pipeline import render
from imgproxy_py.engine.plan import make_plan
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.result import Verified
from imgproxy_py.engine.sniff import sniff
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.engine.vips import Translated
from options_grammar import Options

# Of the videos only the kind is looked at: no loader of ours opens them.
# EBML: RFC 8794, 11.2.1. MP4: ISO/IEC 14496-12, 4.3 (the size of the box comes first).
_EBML, _FILE_TYPE_BOX = b"\x1a\x45\xdf\xa3", b"ftyp"
_STILL_BRANDS = (b"avif", b"avis", b"mif1", b"heic")
# One frame of the result: decoded, as it is seen, and as an array. It has the reference's size, or
# no pixel of it is decoded; judging takes less than the encoder that is counted for the source.
_RESULT_BYTES_PER_PIXEL = 12


def verify(
    job: Job, pair: SourceBytes, *, admit: Callable[[int], None] = lambda _bytes: None
) -> Verified:
    """Measure the result behind the source in `pair` (`Job.verify_from`).

    Raises EngineError for a source that cannot be rendered; what is wrong with the result is told
    in the answer.
    """
    assert job.verify_from is not None
    with memoryview(pair.view()) as whole:
        with _file_of(whole[: job.verify_from]) as source:
            rendered = _reference(job, source, admit)
            is_vector = sniff(source.head()) is ImageFormat.SVG
        with _file_of(whole[job.verify_from :]) as result:
            return _measured(result, rendered, job, draws_vectors=is_vector)


def _reference(job: Job, source: SourceBytes, admit: Callable[[int], None]) -> Rendered:
    facts = inspect(source, job.limits)
    plan = make_plan(facts, job.options)
    beside = plan.result.width * plan.result.height * _RESULT_BYTES_PER_PIXEL
    admit(needed_memory_bytes(facts, plan) + beside)
    return render(source, facts, plan)


def _measured(
    result: SourceBytes, rendered: Rendered, job: Job, *, draws_vectors: bool
) -> Verified:
    """An SVG is a program: it is run where the source is one too, which has a time limit."""
    promised = Verified(promised_width=rendered.width, promised_height=rendered.page_height)
    video = _video_format(result.head())
    if video is not None:
        width, height = size_of(video, rendered)
        return replace(promised, format=video, promised_width=width, promised_height=height)
    try:
        kind = sniff(result.head())
        if not FORMATS[kind].is_writable and not (draws_vectors and kind is ImageFormat.SVG):
            return replace(promised, format=kind, fault=f"no result is in the format {kind.value}")
        facts = inspect(result, job.limits)
        found = replace(
            promised,
            format=facts.format,
            width=facts.upright_width,
            height=facts.upright_height,
        )
        is_comparable = (found.width, found.height) == (rendered.width, rendered.page_height)
        return (
            replace(found, score=_score(result, facts, rendered, job)) if is_comparable else found
        )
    except EngineError as error:
        # Inspecting was written for sources, and its sentences speak of them.
        return replace(promised, fault=str(error).replace("the source", "the result"))


def _score(result: SourceBytes, facts: SourceFacts, rendered: Rendered, job: Job) -> float:
    _refuse_damaged(result, facts)
    brief = Brief(
        rendered=rendered,
        content=measure(rendered.image, rendered.pixels),
        target=0.0,
        background=job.options.background,
    )
    is_plain = facts.orientation == 1 and not facts.has_icc and not facts.is_cmyk
    data = bytes(result.view()) if is_plain else _as_seen(result, facts)
    return Judge(brief).score(data, facts.format)


def _refuse_damaged(result: SourceBytes, facts: SourceFacts) -> None:
    """The judge reads whatever can be read; half a picture is not what a receipt speaks of."""
    with Translated():
        decode(result, facts, make_plan(facts, Options())).copy_memory()


def _as_seen(result: SourceBytes, facts: SourceFacts) -> bytes:
    """Upright and in sRGB, as the reference is: a result that was kept lossless may be neither."""
    first = replace(facts, frames=1, delays_ms=())
    image = render(result, first, make_plan(first, Options())).image
    data: bytes = image.pngsave_buffer(compression=0, keep="none")
    return data


def _video_format(head: bytes) -> ImageFormat | None:
    if head.startswith(_EBML):
        return ImageFormat.WEBM
    is_video = head[4:8] == _FILE_TYPE_BOX and head[8:12] not in _STILL_BRANDS
    return ImageFormat.MP4 if is_video else None


@contextmanager
def _file_of(data: memoryview) -> Iterator[SourceBytes]:
    """`data` as a file of its own, since libvips reads files from their first byte."""
    fd = os.memfd_create("part", os.MFD_CLOEXEC)
    try:
        while data:
            data = data[os.write(fd, data) :]
        yield SourceBytes(fd)
    finally:
        os.close(fd)
