"""Elliptical arcs: how far rounding would move them (SVG 1.1, appendix F.6)."""

import math

from imgproxy_py.engine.svg.numbers import on_grid

Point = tuple[float, float]


def arc_moves(segments: list[tuple[str, tuple[float, ...]]], decimals: int, *, most: float) -> bool:
    """Whether rounding to `decimals` moves the center of any arc by more than `most`."""
    at = start = (0.0, 0.0)
    for kind, values in segments:
        if kind == "Z":
            at = start
            continue
        end = (values[-2], values[-1])
        if kind == "A" and _moves(at, values, decimals, most):
            return True
        at = end
        if kind == "M":
            start = end
    return False


def _moves(at: Point, values: tuple[float, ...], decimals: int, most: float) -> bool:
    exact = _center(at, values)
    start = (_rounded(at[0], decimals), _rounded(at[1], decimals))
    near = [_rounded(value, decimals) for value in values]
    rounded = _center(start, (near[0], near[1], *values[2:5], near[5], near[6]))
    if exact is None or rounded is None:
        return exact is not rounded  # one of them is a line, or nothing
    return math.dist(exact, rounded) > most


def _rounded(value: float, decimals: int) -> float:
    return on_grid(value, decimals) / 10.0**decimals


def _center(start: Point, values: tuple[float, ...]) -> Point | None:
    """None where the arc is a straight line or is not drawn."""
    rx, ry, degrees, is_large, is_clockwise, x, y = values
    rx, ry = abs(rx), abs(ry)
    if rx == 0 or ry == 0 or start == (x, y):
        return None
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    half_x, half_y = (start[0] - x) / 2, (start[1] - y) / 2
    along, across = cos * half_x + sin * half_y, cos * half_y - sin * half_x
    reach = (along / rx) ** 2 + (across / ry) ** 2
    # Radii that are too small grow until the ends are just reached.
    away = math.sqrt(max(0.0, 1 / reach - 1)) * (-1 if is_large == is_clockwise else 1)
    center_along, center_across = away * rx * across / ry, -away * ry * along / rx
    return (
        cos * center_along - sin * center_across + (start[0] + x) / 2,
        sin * center_along + cos * center_across + (start[1] + y) / 2,
    )
