"""Who says what a result is worth: the project's own metric, or any program that compares two PNGs.

Nothing is taken from the engine: every result is decoded and judged here, against the reference.
"""

import hashlib
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from benchmarks.quality.encoders import as_image
from benchmarks.quality.pictures import Pixels
from imgproxy_py.engine import metric

Scorer = Callable[[Pixels], float]

_COMMAND_SECONDS = 300
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


class Judge(Protocol):
    """Scores rise with quality. `name` tells versions apart: kept scores hang on it."""

    @property
    def name(self) -> str: ...

    def prepared(self, reference: Pixels) -> Scorer:
        """Give the function that scores candidates of this reference."""
        ...


@dataclass(frozen=True)
class OwnJudge:
    """SSIMULACRA2 as the engine computes it."""

    @cached_property
    def name(self) -> str:
        """With a digest of the metric's own code: a changed metric judges everything anew."""
        folder = Path(metric.__file__).parent
        code = b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
        return f"{metric.METRIC} {hashlib.sha256(code).hexdigest()[:12]}"

    def prepared(self, reference: Pixels) -> Scorer:
        score: Scorer = metric.Reference.of(reference).score
        return score


@dataclass(frozen=True)
class CommandJudge:
    """A program called with two PNGs, `{reference}` and `{result}` in `command`.

    The score is the first number that it prints. Raises CalledProcessError when it fails.
    """

    command: str

    @property
    def name(self) -> str:
        return self.command

    def prepared(self, reference: Pixels) -> Scorer:
        return lambda result: numbers_of(self.command, reference, result)[0]


def numbers_of(command: str, reference: Pixels, result: Pixels) -> list[float]:
    """Every number that the program prints about two pictures."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"reference": f"{folder}/reference.png", "result": f"{folder}/result.png"}
        as_image(reference).pngsave(files["reference"], compression=1)
        as_image(result).pngsave(files["result"], compression=1)
        words = [word.format(**files) for word in shlex.split(command)]
        printed = subprocess.run(
            words, check=True, capture_output=True, text=True, timeout=_COMMAND_SECONDS
        )
    numbers = [float(number) for number in _NUMBER.findall(printed.stdout)]
    if not numbers:
        raise ValueError(f"{words[0]} printed no number")
    return numbers
