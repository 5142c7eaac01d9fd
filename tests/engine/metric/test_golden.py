"""The reference implementation's own numbers."""

import json
from pathlib import Path

import pytest
import pyvips

from imgproxy_py.engine.metric import Reference
from tests.engine.metric.drawing import Bytes, pixels_of

# Above 85 that program reads up to 1.8 low: its float32 subtracts numbers that are nearly equal.
PRECISE_BELOW, PRECISE, COARSE = 85, 0.5, 2.0


@pytest.mark.corpus
def test_scores_agree_with_the_reference_implementation(corpus: Path) -> None:
    folder = corpus / "golden"
    pairs = json.loads((folder / "ssimulacra2.json").read_text(encoding="utf-8"))["pairs"]
    references = {
        name: Reference.of(_pixels(folder / name)) for name in {pair["reference"] for pair in pairs}
    }
    disagreeing = []
    for pair in pairs:
        score = references[pair["reference"]].score(_pixels(folder / pair["distorted"]))
        tolerance = PRECISE if pair["score"] < PRECISE_BELOW else COARSE
        if score != pytest.approx(pair["score"], abs=tolerance):
            disagreeing.append((pair["distorted"], pair["score"], score))

    assert pairs
    assert disagreeing == []


def _pixels(path: Path) -> Bytes:
    return pixels_of(pyvips.Image.new_from_file(str(path)))
