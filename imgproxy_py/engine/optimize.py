"""The engine's whole story: the bytes of a source come in, the bytes of a result go out.

Inspect, plan, render, choose formats, encode, compare with the source. It knows neither networks
nor disks, and time is handed in.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from imgproxy_py.engine.before_decoding import before_decoding
from imgproxy_py.engine.choose_format import Choice, choose_recipes
from imgproxy_py.engine.contender import Entry
from imgproxy_py.engine.content import measure
from imgproxy_py.engine.contest import Contest
from imgproxy_py.engine.encode import frames_of, size_of
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Job, Tier
from imgproxy_py.engine.judge import Judge
from imgproxy_py.engine.kept_metadata import keep_exif, kept_profile
from imgproxy_py.engine.look import read_meta
from imgproxy_py.engine.lossless import choose_exact_recipes, is_lossless_request, keeps_profile
from imgproxy_py.engine.memory import needed_memory_bytes
from imgproxy_py.engine.own_bytes import own_bytes
from imgproxy_py.engine.own_case import OwnCase
from imgproxy_py.engine.pipeline import render
from imgproxy_py.engine.plan import Plan, make_plan
from imgproxy_py.engine.presets import target_score
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.engine.source_score import score_spread, source_score
from imgproxy_py.engine.stopwatch import Stopwatch


def optimize(
    job: Job,
    source: SourceBytes,
    *,
    keep: Callable[[Optimized], None],
    admit: Callable[[int], None] = lambda _bytes: None,
    on_drawn: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> Optimized | Meta:
    """Raises EngineError.

    `keep` is called with a valid, provisional result when the best one will take long, and again
    whenever a better one exists: the caller answers with the last when time runs out. `admit` is
    asked once, before any pixel is decoded, with the bytes of memory that the work will need.
    `on_drawn` hears that nothing of the source will be decoded or drawn from now on.
    """
    facts = inspect(source, job.limits)
    if job.options.wants_meta:
        return read_meta(source, facts, admit)
    plan = make_plan(facts, job.options)
    admit(needed_memory_bytes(facts, plan))

    watch = Stopwatch(clock)
    undecoded = before_decoding(job, source, facts, plan)
    if undecoded is not None:
        keep(undecoded)
    rendered = _render(job, source, facts, plan)
    watch.lap("decode")

    own = own_bytes(source, job, facts, plan, is_source_size=rendered.is_source_size)
    kept = keep_exif(source, facts, job.options.keep)
    on_drawn()
    own_score = source_score(source.view(), facts) if rendered.is_source_size else None
    brief = _brief(job, rendered, own_score)
    choice = _choose(job, facts, brief, has_own_bytes=own is not None)
    contest = Contest(
        brief=brief,
        recipes=choice.recipes,
        judge=Judge(brief),
        own=None
        if own is None
        else OwnCase(
            data=own,
            facts=facts,
            brief=brief,
            score=own_score,
            spread=score_spread(source.view(), facts),
        ),
        opens_jpeg=choice.is_automatic,
        seconds_left=job.seconds_left,
    )
    watch.lap("search")

    def result(entry: Entry, *, is_provisional: bool = True) -> Optimized:
        own_entry = None if contest.own is None else contest.own.entry()
        dressed, losses = kept.on(entry, own_entry)
        made = _result(dressed, rendered, choice, facts, watch.times_ms("encode"))
        return replace(
            made,
            warnings=(*made.warnings, *losses),
            target=brief.target,
            trials=tuple(contest.trials),
            attempts=max(len(contest.trials), 1),
            is_provisional=is_provisional,
            is_settled=job.tier is Tier.SETTLED or dressed.stop in ("source", "lossless"),
        )

    for early in contest.early_entries():
        keep(result(early))
    winner = contest.winner(on_better=lambda leader: keep(result(leader)))
    return result(winner, is_provisional=False)


def _render(job: Job, source: SourceBytes, facts: SourceFacts, plan: Plan) -> Rendered:
    """In sRGB, or for lossless requests in the source's own colors."""
    if not keeps_profile(job.options):
        return render(source, facts, plan)
    rendered = render(source, facts, plan, keeps_profile=True)
    if rendered.profile is not None or facts.is_cmyk:
        return rendered
    return replace(rendered, profile=kept_profile(source, facts))


def _brief(
    job: Job,
    rendered: Rendered,
    own_score: float | None,
) -> Brief:
    """What the encoders are told. More than the source has left is never aimed at."""
    target = target_score(job.options.quality, job.options.dpr)
    return Brief(
        rendered=rendered,
        content=measure(rendered.image, rendered.pixels),
        target=target if own_score is None else min(target, own_score),
        background=job.options.background,
        tier=job.tier,
        is_exact=is_lossless_request(job.options),
    )


def _choose(job: Job, facts: SourceFacts, brief: Brief, *, has_own_bytes: bool) -> Choice:
    asked = job.options.format
    if not brief.is_exact:
        return choose_recipes(asked=asked, accepts=job.accepts, facts=facts, brief=brief)
    return choose_exact_recipes(
        asked=asked,
        accepts=job.accepts,
        facts=facts,
        brief=brief,
        has_own_bytes=has_own_bytes,
    )


def _result(
    entry: Entry,
    rendered: Rendered,
    choice: Choice,
    facts: SourceFacts,
    timings_ms: dict[str, float],
) -> Optimized:
    width, height = size_of(entry.format, rendered)
    # What was lost on the way to the pixels is no news when the source itself is the answer.
    warnings = () if entry.is_own else (*rendered.warnings, *choice.warnings)
    return Optimized(
        data=entry.data,
        format=entry.format,
        width=width,
        height=height,
        frames=facts.frames if entry.is_own else frames_of(entry.format, entry.data, rendered),
        quality=entry.quality,
        score=entry.score,
        stop=entry.stop,
        negotiated=choice.is_automatic,
        warnings=warnings,
        source=facts,
        timings_ms=timings_ms,
    )
