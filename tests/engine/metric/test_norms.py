"""The weights: what is computed, and what is left out."""

import numpy as np

from imgproxy_py.engine.metric import norms
from imgproxy_py.engine.metric.blur import TAPS
from tests.engine.metric.slow import WEIGHTS, taps

# Ours are ordered Y, X, B; the definition X, Y, B.
CHANNEL_OF = (1, 0, 2)


def test_the_weights_are_those_of_the_definition() -> None:
    for scale, rows in enumerate(norms.WEIGHTS):
        for channel, row in zip(CHANNEL_OF, rows, strict=False):
            expected = WEIGHTS[channel, scale].reshape(6)
            np.testing.assert_allclose(row, expected, rtol=1e-9, atol=1e-12)


def test_what_is_left_out_weighs_next_to_nothing() -> None:
    left_out = WEIGHTS.copy()
    for scale, rows in enumerate(norms.WEIGHTS):
        left_out[list(CHANNEL_OF[: len(rows)]), scale] = 0

    assert left_out.max() < 0.01
    assert left_out.sum() < 0.01
    assert (WEIGHTS > 0.01).sum() == 25


def test_at_full_size_only_what_is_summed_there_has_a_weight() -> None:
    """Fourth powers of structure and of blurring: `errors` leaves the other four out."""
    (row,) = norms.WEIGHTS[0]

    assert [kind for kind, weight in enumerate(row) if weight] == [3, 5]


def test_no_sum_of_errors_is_a_hundred_and_a_little_is_less() -> None:
    nothing = [np.zeros((count, 6)) for count in norms.CHANNELS]
    little = [np.full((count, 6), 1e-11) for count in norms.CHANNELS]

    assert norms.score_of(nothing, (128, 128)) == 100
    assert 90 < norms.score_of(little, (128, 128)) < 100


def test_the_taps_are_the_truncated_cosine_gaussian() -> None:
    np.testing.assert_allclose(TAPS, taps()[4:], atol=1e-7)
