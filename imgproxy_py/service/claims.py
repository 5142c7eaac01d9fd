"""What a receipt claims, held against what was found: one line each, decided without doing.

`quality`, `attempts` and `provisional` are the engine's own account of its work and leave no trace
in a result; they are not checked.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from imgproxy_py.engine.engine_versions import engine_versions
from imgproxy_py.engine.errors import BadReceipt
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.presets import target_score
from imgproxy_py.engine.receipt import METRIC, Receipt, saved_percent
from imgproxy_py.engine.result import Verified
from options_grammar import Options, OptionsError, Preset, cache_text, parse

Value = int | float | str | None

# Both scores are rounded to hundredths; vector instructions of another processor do the rest.
SCORE_TOLERANCE = 0.05
# Another release of libvips may round pixels otherwise when it resizes and converts colors.
SCORE_TOLERANCE_ACROSS_VERSIONS = 0.5
# Where no pixel was changed; the metric's own rounding keeps equal pictures below 100.
UNCHANGED_SCORE = 99.9
# A vector that was cleaned is drawn from rounded coordinates.
CLEANED_SCORE = 97.0
_UNCHANGED_STOPS = ("source", "lossless")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A source and a result as they are: bytes, SHA-256 in hexadecimal, and their pixels."""

    source_bytes: int
    source_sha256: str
    result_bytes: int
    result_sha256: str
    verified: Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim. `holds` is None where it could not be checked; `note` then says why."""

    name: str
    claimed: Value
    found: Value
    holds: bool | None
    note: str = ""

    def as_json(self) -> dict[str, Value]:
        told: dict[str, Value] = {
            "name": self.name,
            "claimed": self.claimed,
            "found": self.found,
            "holds": self.holds,
        }
        return told | ({"note": self.note} if self.note else {})


def options_of(receipt: Receipt) -> Options:
    """What the result was asked to be. Raises BadReceipt."""
    try:
        options = parse(receipt.options).options
    except OptionsError as error:
        raise BadReceipt(f'the receipt\'s "options" are wrong: {error.message}') from error
    if options.wants_meta:
        raise BadReceipt('the receipt\'s "options" ask for facts ("meta"), not for a picture')
    return options


def checks(receipt: Receipt, findings: Findings) -> tuple[Check, ...]:
    """Every claim that can be checked, in the order of the receipt."""
    return (
        *_bytes(receipt, findings),
        *_picture(receipt, findings.verified),
        *_aim(receipt),
        *_score(receipt, findings.verified),
        _engine(receipt, findings.verified.format or receipt.format),
    )


def _bytes(receipt: Receipt, findings: Findings) -> Iterator[Check]:
    saved = saved_percent(findings.source_bytes, findings.result_bytes)
    yield _same("source-sha256", receipt.source_sha256, findings.source_sha256)
    yield _same("result-sha256", receipt.result_sha256, findings.result_sha256)
    yield _same("original", receipt.original, findings.source_bytes)
    yield _same("result", receipt.result, findings.result_bytes)
    yield _same("saved", receipt.saved, saved)


def _picture(receipt: Receipt, verified: Verified) -> Iterator[Check]:
    found = None if verified.format is None else verified.format.value
    note = verified.fault or ""
    yield _same("format", receipt.format.value, found, note=note)
    if verified.width is None or verified.height is None:
        return
    promised = f"{verified.promised_width}x{verified.promised_height}"
    size = f"{verified.width}x{verified.height}"
    yield _same("size", promised, size, note="what source and options ask for")


def _aim(receipt: Receipt) -> Iterator[Check]:
    options = options_of(receipt)
    yield _same("options", receipt.options, cache_text(options))
    preset = options.quality.value if isinstance(options.quality, Preset) else None
    claimed = None if receipt.preset is None else receipt.preset.value
    yield _same("preset", claimed, preset)
    if receipt.target is None:
        return
    asked = target_score(options.quality, options.dpr)
    yield Check(
        name="target",
        claimed=receipt.target,
        found=asked,
        holds=receipt.target <= asked,
        note="less is aimed at where the source has no more left" if receipt.target < asked else "",
    )


def _score(receipt: Receipt, verified: Verified) -> Iterator[Check]:
    found = None if verified.score is None else round(verified.score, 2)
    if receipt.metric not in (None, METRIC):
        yield _unchecked("score", receipt.score, f"{receipt.metric} is not measured here")
    elif receipt.score is not None:
        yield _same_score(receipt, found, verified)
    elif receipt.stop in _UNCHANGED_STOPS and found is not None:
        is_vector = receipt.format is ImageFormat.SVG
        note = "only cleaned and rounded" if is_vector else "no pixel was changed"
        holds = found >= (CLEANED_SCORE if is_vector else UNCHANGED_SCORE)
        yield Check(name="score", claimed=100.0, found=found, holds=holds, note=note)
    is_measured = found is not None or verified.fault is not None or verified.width is not None
    if receipt.stop == "target" and None not in (receipt.target, receipt.score) and is_measured:
        assert receipt.target is not None
        reached = found is not None and found >= receipt.target - _tolerance(receipt)
        ends = "target" if reached else "below the target"
        yield Check(name="stop", claimed="target", found=ends, holds=reached)


def _same_score(receipt: Receipt, found: float | None, verified: Verified) -> Check:
    assert receipt.score is not None
    if found is None:
        is_video = verified.fault is None and verified.width is None
        reason = "a video is not measured" if is_video else "there is no picture of that size"
        return Check(
            name="score",
            claimed=receipt.score,
            found=None,
            holds=None if is_video else False,
            note=verified.fault or reason,
        )
    tolerance = _tolerance(receipt)
    holds = abs(found - receipt.score) <= tolerance + 1e-9
    return Check(
        name="score",
        claimed=receipt.score,
        found=found,
        holds=holds,
        note="" if found == receipt.score else f"the tolerance is {tolerance:g}",
    )


def _engine(receipt: Receipt, image_format: ImageFormat) -> Check:
    here = engine_versions(image_format)
    if receipt.engine == here:
        return Check(name="engine", claimed=receipt.engine, found=here, holds=True)
    tolerance = SCORE_TOLERANCE_ACROSS_VERSIONS
    note = f"made by other versions than these; the score may differ by {tolerance:g}"
    return Check(name="engine", claimed=receipt.engine, found=here, holds=None, note=note)


def _tolerance(receipt: Receipt) -> float:
    is_same = receipt.engine == engine_versions(receipt.format)
    return SCORE_TOLERANCE if is_same else SCORE_TOLERANCE_ACROSS_VERSIONS


def _same(name: str, claimed: Value, found: Value, *, note: str = "") -> Check:
    return Check(name=name, claimed=claimed, found=found, holds=claimed == found, note=note)


def _unchecked(name: str, claimed: Value, note: str) -> Check:
    return Check(name=name, claimed=claimed, found=None, holds=None, note=note)
