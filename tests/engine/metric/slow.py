"""SSIMULACRA2 as it is defined: all 108 norms, in float64, with nothing left out.

A second, independent way to the number, for pictures whose sides are at least 113 pixels.
"""

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

# `src/ssimulacra2.cc`, version 2.1: by channel (X, Y, B), scale, norm (mean, 4-norm) and map.
WEIGHTS = np.array(
    [
        0, 0.000737660670741, 0, 0, 0.000779348168287, 0,
        0, 0.000437115573011, 0, 1.10417264267, 0.000662848341293, 0.000152316327837,
        0, 0.00164064374566, 0, 1.84224555205, 11.4411726038, 0,
        0.000798910943602, 0.000176816438079, 0, 1.87875949795, 10.9490699061, 0,
        0.000728934699151, 0.967793708063, 0, 0.000140034242854, 0.998176697785, 0.000319497559344,
        0.000455099211379, 0, 0, 0.00136487661632, 0, 0,
        0, 0, 0, 7.46689032808, 0, 17.4458339841,
        0.000623560163404, 0, 0, 6.68367814618, 0.000377244079796, 1.02788993777,
        225.205153008, 0, 0, 19.2132381861, 0.00114015245866, 0.00123775563551,
        176.393175985, 0, 0, 24.4330099987, 0.285208026121, 0.000448543692383,
        0, 0, 0, 34.7790634448, 44.8356253289, 0,
        0, 0, 0, 0, 0, 0,
        0, 0.000868055657329, 0, 0, 0, 0,
        0, 0.000531319187436, 0, 0.000165338141614, 0, 0,
        0, 0, 0, 0.000417917180325, 0.00172908282347, 0,
        0.00208270058466, 0, 0, 8.826982765, 23.19243344, 0,
        95.1080498811, 0.98639780344, 0.983438279247,
        0.00122864050483, 171.26672559, 0.980785887244,
        0, 0, 0, 0.000513006458899, 0, 0.000108540578584,
    ]
).reshape(3, 6, 2, 3)  # fmt: skip
CONES = np.array(
    [
        [0.30, 0.622, 0.078],
        [0.23, 0.692, 0.078],
        [0.24342268924547819, 0.20476744424496821, 0.55180986650955360],
    ]
)
BIAS = 0.0037930732552754493


def slow_score(reference: npt.NDArray[np.uint8], candidate: npt.NDArray[np.uint8]) -> float:
    """Of two opaque RGB pictures."""
    return _score(reference / 255, candidate / 255)


def _score(reference: Doubles, candidate: Doubles) -> float:
    first, second = linear(reference), linear(candidate)
    distance = 0.0
    for scale in range(6):
        a, b = xyb(first), xyb(second)
        for channel in range(3):
            norms = channel_norms(a[..., channel], b[..., channel])
            distance += float((WEIGHTS[channel, scale] * norms).sum())
        first, second = halved(first), halved(second)
    distance *= 0.9562382616834844
    bent = 2.326765642916932 * distance - 0.020884521182843837 * distance**2
    bent += 6.248496625763138e-05 * distance**3
    return float(100 - 10 * bent**0.6276336467831387) if bent > 0 else 100.0


def linear(encoded: Doubles) -> Doubles:
    power = ((encoded + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, power)


def xyb(light: Doubles) -> Doubles:
    long, middle, short = np.moveaxis(np.cbrt(light @ CONES.T + BIAS) - np.cbrt(BIAS), -1, 0)
    x, y = (long - middle) / 2, (long + middle) / 2
    return np.stack([14 * x + 0.42, y + 0.01, short - y + 0.55], axis=-1)


def halved(light: Doubles) -> Doubles:
    odd = [(0, light.shape[0] % 2), (0, light.shape[1] % 2), (0, 0)]
    even = np.pad(light, odd, mode="edge")
    quarters = [even[top::2, left::2] for top in (0, 1) for left in (0, 1)]
    mean: Doubles = np.mean(quarters, axis=0)
    return mean


def taps() -> Doubles:
    """The truncated-cosine Gaussian of sigma 1.5 (Charalampidis 2016), from its equations."""
    radius, variance = 5, 1.5**2
    omega = np.array([1, 3, 5]) * np.pi / (2 * radius)
    p = np.array([1, -1, 1]) / np.tan(omega / 2)
    r = p * p * np.array([1, -1, 1]) / np.sin(omega)
    rho = np.exp(-variance * omega**2 / 2) / radius
    minor = p[0] * r[1] - r[0] * p[1]
    third = np.array([(p[1] * r[2] - r[1] * p[2]) / minor, (p[2] * r[0] - r[2] * p[0]) / minor, 1])
    wanted = np.array([1.0, radius**2 - variance, third @ rho])
    amplitudes = np.linalg.solve(np.array([p, r, third]), wanted)
    places = np.arange(-4, 5)
    kernel: Doubles = np.cos(np.outer(places, omega)) @ amplitudes
    return kernel


def blurred(plane: Doubles) -> Doubles:
    padded = np.pad(plane, 4)
    height, width = plane.shape
    down = sum(tap * padded[row : row + height] for row, tap in enumerate(taps()))
    along: Doubles = sum(tap * down[:, at : at + width] for at, tap in enumerate(taps()))
    return along


def channel_norms(a: Doubles, b: Doubles) -> Doubles:
    """Mean and 4-norm (rows) of structure, ringing and blurring (columns)."""
    mean_a, mean_b = blurred(a), blurred(b)
    variances = blurred(a * a) - mean_a**2 + blurred(b * b) - mean_b**2
    covariance = blurred(a * b) - mean_a * mean_b
    similarity = (2 * covariance + 0.0009) / (variances + 0.0009)
    structure = np.maximum(1 - (1 - (mean_a - mean_b) ** 2) * similarity, 0)
    change = (1 + abs(b - mean_b)) / (1 + abs(a - mean_a)) - 1
    maps = np.array([structure, np.maximum(change, 0), np.maximum(-change, 0)])
    return np.array([maps.mean((1, 2)), (maps**4).mean((1, 2)) ** 0.25])


def slow_blend_score(
    reference: npt.NDArray[np.uint8], candidate: npt.NDArray[np.uint8], background: float
) -> float:
    """Of two RGBA pictures on a gray (sRGB, 0..1), blended as it is encoded."""
    return _score(blended(reference, background), blended(candidate, background))


def blended(pixels: npt.NDArray[np.uint8], background: float) -> Doubles:
    alpha = pixels[:, :, 3:] / 255
    return alpha * pixels[:, :, :3] / 255 + (1 - alpha) * background
