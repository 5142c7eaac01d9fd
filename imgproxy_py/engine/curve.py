"""Rate–score curves: what is to be expected of a quality nobody has tried yet."""

from imgproxy_py.engine.aim import Aim, Point, Prior

# The slope found may differ from the prior one by this factor either way; beyond it is a kink.
_SLOPE_FACTOR = 3.0


def predicted_bytes(size: float, score: float, target: float, prior: Prior) -> float:
    """What a candidate of `size` bytes would weigh at the target, by experience."""
    points = min(max(target - score, -25.0), 25.0)
    return size * float((1 + prior.bytes_per_point) ** points)


def quality_for(target: float, points: tuple[Point, ...], prior: Prior, aim: Aim) -> int:
    """Where the target is to be expected, by what was seen of the curve."""
    if not points:
        return clamped(prior.start, aim)
    nearest = min(points, key=lambda point: abs(point.score - target))
    step = (target - nearest.score) * slope_of(points, prior)
    return clamped(nearest.quality + round(step), aim)


def slope_of(points: tuple[Point, ...], prior: Prior) -> float:
    """Quality steps for one point, by the outermost points or by experience."""
    if len(points) < 2:
        return prior.slope
    low, high = min(points, key=lambda p: p.quality), max(points, key=lambda p: p.quality)
    rise = high.score - low.score
    if rise <= 0 or high.quality == low.quality:
        return prior.slope
    found = (high.quality - low.quality) / rise
    return min(max(found, prior.slope / _SLOPE_FACTOR), prior.slope * _SLOPE_FACTOR)


def clamped(quality: int, aim: Aim) -> int:
    return min(max(quality, aim.lowest), aim.highest)
