"""From summed errors to one number: the weights of SSIMULACRA2 and its final curve.

The metric is defined with 108 norms: the mean and the 4-norm of three error maps, for each of three
channels at six scales. Of the weights, which its author tuned on human ratings, 25 are above 0.01
and all others add up to 0.02. A channel is computed only at scales where it has one of the 25: X
from the half size on, B at 1/8 and 1/16, nothing at 1/32.

Source: `src/ssimulacra2.cc` of the reference implementation, version 2.1. Where a picture is too
small for all scales that program lets the weights slip to other norms; here a picture is mirrored
until it is large enough, so that each weight meets its own norm.
"""

import math
import operator
from collections.abc import Iterator, Sequence

from imgproxy_py.engine.metric.compiled import Doubles

Row = tuple[float, float, float, float, float, float]

# By scale, then by channel (Y, X, B): the means of structure, ringing and blurring, then their
# 4-norms.
WEIGHTS: tuple[tuple[Row, ...], ...] = (
    ((0.0, 0.0, 0.0, 7.466890328078848, 0.0, 17.445833984131262),),
    (
        (0.0006235601634041466, 0.0, 0.0, 6.683678146179332, 0.0003772440797961, 1.027889937768264),
        (0.0, 0.0004371155730107379, 0.0, 1.1041726426657346, 0.00066284834129271, 0.0001523163278),
    ),
    (
        (
            225.20515300849274,
            0.0,
            0.0,
            19.213238186143016,
            0.0011401524586618,
            0.001237755635509985,
        ),
        (0.0, 0.0016406437456599754, 0.0, 1.8422455520539298, 11.441172603757666, 0.0),
    ),
    (
        (176.39317598450694, 0.0, 0.0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833),
        (0.0007989109436015, 0.0001768164380787, 0.0, 1.8787594979546387, 10.94906990605142, 0.0),
        (0.0020827005846636437, 0.0, 0.0, 8.826982764996862, 23.19243343998926, 0.0),
    ),
    (
        (0.0, 0.0, 0.0, 34.77906344483772, 44.835625328877896, 0.0),
        (
            *(0.0007289346991508072, 0.9677937080626833, 0.0),
            *(0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053),
        ),
        (
            *(95.1080498811086, 0.9863978034400682, 0.9834382792465353),
            *(0.0012286405048278493, 171.2667255897307, 0.9807858872435379),
        ),
    ),
)
CHANNELS = tuple(len(rows) for rows in WEIGHTS)

# A shorter side has no scale of 1/16 with the eight pixels the reference implementation asks for.
SMALLEST_SIDE = 113

_GAIN = 0.9562382616834844
_CURVE = (0.0, 2.326765642916932, -0.020884521182843837, 6.248496625763138e-05)
_EXPONENT = 0.6276336467831387


def score_of(sums: Sequence[Doubles], size: tuple[int, int]) -> float:
    """The score, at most 100, from each scale's six sums per channel; `size` is the full one."""
    distance = 0.0
    for scale, (channels, rows) in enumerate(zip(sums, WEIGHTS, strict=True)):
        pixels = math.prod(size_at(size, scale))
        # Gray pictures have no X and B.
        for channel, weights in zip(channels.tolist(), rows, strict=False):
            distance += sum(map(operator.mul, weights, _norms(channel, pixels)))
    return _graded(_GAIN * distance)


def size_at(size: tuple[int, int], scale: int) -> tuple[int, int]:
    """Halved `scale` times, rounded up each time."""
    height, width = size
    return -(-height >> scale), -(-width >> scale)


def _norms(sums: list[float], pixels: int) -> Iterator[float]:
    """Arrays of six would take numpy ten times as long as these few numbers."""
    for kind, total in enumerate(sums):
        mean = total / pixels
        yield mean if kind < 3 else math.sqrt(math.sqrt(mean))


def _graded(distance: float) -> float:
    bent = sum(factor * distance**power for power, factor in enumerate(_CURVE))
    return 100.0 - 10.0 * bent**_EXPONENT if bent > 0 else 100.0
