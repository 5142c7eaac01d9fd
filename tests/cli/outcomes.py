"""Outcomes for the tests of reports and gates, with real files behind them where that matters."""

from pathlib import Path

from imgproxy_py.cli.outcome import Outcome, Proof
from imgproxy_py.engine.result import Trial
from tests.web.pictures import jpeg, png

TRIALS = (
    Trial(recipe="jpeg", quality=60, bytes=30_000, score=68.4),
    Trial(recipe="jpeg", quality=70, bytes=36_000, score=73.0),
    Trial(recipe="avif", quality=49, bytes=21_000, score=72.6),
    Trial(recipe="lossless png", quality=None, bytes=90_000),
)


def proof(
    *,
    score: float | None = 72.6,
    target: float | None = 72.0,
    trials: tuple[Trial, ...] = (),
    stop: str = "target",
) -> Proof:
    return Proof(
        receipt='original=1000, result=400, format="avif"',
        source_sha256="a" * 64,
        result_sha256="b" * 64,
        score=score,
        target=target,
        quality=49,
        attempts=max(len(trials), 1),
        trials=trials,
        stop=stop,
    )


def optimized(folder: Path, name: str = "photo.jpg", *, made: Proof | None = None) -> Outcome:
    """A photograph in `folder/in` and a logo as its result in `folder/out`."""
    source, result = folder / "in" / name, folder / "out" / f"{name}.png"
    for path, data in ((source, jpeg()), (result, png())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return Outcome(
        name=str(source.relative_to(folder)),
        source_bytes=len(jpeg()),
        source_path=source,
        source_format="jpeg",
        result_bytes=len(png()),
        result_path=result,
        format="png",
        width=192,
        height=192,
        proof=made or proof(trials=TRIALS),
    )
