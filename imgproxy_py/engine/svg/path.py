"""Path data: read to absolute segments, written back on a grid in the shortest commands.

Grammar: SVG 1.1, section 8.3. Places are rounded once, as whole steps of the grid, and relative
commands are differences of such steps, so nothing adds up along a path.
"""

import re

from imgproxy_py.engine.svg.arc import arc_moves
from imgproxy_py.engine.svg.numbers import (
    NUMBER,
    grid_text,
    on_grid,
    read_numbers,
    separates,
    significant,
)

_COMMANDS = re.compile(r"([MmZzLlHhVvCcSsQqTtAa])")
_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7}
_ARC = re.compile(
    rf"[\s,]*({NUMBER})[\s,]*({NUMBER})[\s,]*({NUMBER})[\s,]*([01])[\s,]*([01])"
    rf"[\s,]*({NUMBER})[\s,]*({NUMBER})[\s,]*"
)
# An arc over nearly half its ellipse turns far when its ends move a little: it gets more decimals.
_MORE_DECIMALS = 4

Segment = tuple[str, tuple[float, ...]]


def read_path(text: str) -> list[Segment] | None:
    """Absolute segments of M, L, C, S, Q, T, A and Z; None when any of it is not path data."""
    parts = _COMMANDS.split(text)
    if parts[0].strip() or len(parts) < 2 or parts[1] not in "Mm":
        return None
    segments: list[Segment] = []
    at = start = (0.0, 0.0)
    for command, arguments in zip(parts[1::2], parts[2::2], strict=True):
        if command in "Zz":
            if arguments.strip():
                return None
            segments.append(("Z", ()))
            at = start
            continue
        values = _arc_arguments(arguments) if command in "Aa" else read_numbers(arguments)
        count = _COUNTS[command.upper()]
        if not values or len(values) % count:
            return None
        for first in range(0, len(values), count):
            segment = _absolute(command, values[first : first + count], at, first > 0)
            segments.append(segment)
            at = (segment[1][-2], segment[1][-1])
            if segment[0] == "M":
                start = at
    return segments


def extent(segments: list[Segment]) -> float:
    """The longer side of the box around all points, control points too."""
    points = [place for kind, values in segments for place in _places(kind, values)]
    if not points:
        return 0.0
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return max(max(xs) - min(xs), max(ys) - min(ys))


def write_path(segments: list[Segment], decimals: int) -> str | None:
    """The shortest text with so many decimals, or a few more where arcs need them.

    None when an arc needs more than that.
    """
    for more in range(_MORE_DECIMALS + 1):
        step = 10.0**-decimals
        if not arc_moves(segments, decimals + more, most=2 * step):
            return _Writer(decimals + more).written(segments)
    return None


class _Writer:
    """Writes segments one after the other; places are steps of the grid."""

    def __init__(self, decimals: int) -> None:
        self.decimals = decimals
        self.parts: list[str] = []
        self.letter = ""
        self.last = ""
        self.at = self.start = (0, 0)
        self.control: tuple[int, int] | None = None

    def written(self, segments: list[Segment]) -> str:
        for kind, values in segments:
            if kind == "Z":
                self._put("z", ())
                self.at, self.control = self.start, None
                continue
            fixed, steps = self._split(kind, values)
            if kind == "C" and self._is_smooth(steps):
                kind, steps = "S", steps[2:]
            self._shorter(kind, fixed, steps)
            self.at = (steps[-2], steps[-1])
            self.control = (steps[-4], steps[-3]) if kind in "CS" else None
            if kind == "M":
                self.start = self.at
        return "".join(self.parts)

    def _split(self, kind: str, values: tuple[float, ...]) -> tuple[tuple[str, ...], list[int]]:
        """What is written the same in both cases, and the places."""
        if kind != "A":
            return (), [on_grid(value, self.decimals) for value in values]
        radii = [grid_text(on_grid(value, self.decimals), self.decimals) for value in values[:2]]
        flags = ("1" if flag else "0" for flag in values[3:5])
        places = [on_grid(value, self.decimals) for value in values[5:]]
        return (*radii, significant(values[2]), *flags), places

    def _is_smooth(self, steps: list[int]) -> bool:
        """Whether the first control point mirrors the one before, to a step of the grid."""
        control = self.control or self.at
        mirrored = (2 * self.at[0] - control[0], 2 * self.at[1] - control[1])
        return max(abs(mirrored[0] - steps[0]), abs(mirrored[1] - steps[1])) <= 1

    def _shorter(self, kind: str, fixed: tuple[str, ...], steps: list[int]) -> None:
        moved = [value - self.at[number % 2] for number, value in enumerate(steps)]
        relative, absolute = kind.lower(), kind
        if kind == "L" and 0 in moved:
            axis = 0 if moved[1] == 0 else 1
            relative, absolute = "hv"[axis], "HV"[axis]
            moved, steps = [moved[axis]], [steps[axis]]
        near, far = self._tokens(fixed, moved), self._tokens(fixed, steps)
        if len(self._text(relative, near)) <= len(self._text(absolute, far)):
            self._put(relative, near)
        else:
            self._put(absolute, far)

    def _tokens(self, fixed: tuple[str, ...], steps: list[int]) -> tuple[str, ...]:
        return (*fixed, *(grid_text(value, self.decimals) for value in steps))

    def _put(self, letter: str, tokens: tuple[str, ...]) -> None:
        self.parts.append(self._text(letter, tokens))
        self.letter = letter
        self.last = tokens[-1] if tokens else ""

    def _text(self, letter: str, tokens: tuple[str, ...]) -> str:
        """A letter is left out where the one before is repeated; a line follows a move."""
        implied = {"M": "L", "m": "l", "z": ""}.get(self.letter, self.letter)
        parts, last = ([], self.last) if letter == implied else ([letter], "")
        for token in tokens:
            if last and not separates(last, token):
                parts.append(" ")
            parts.append(token)
            last = token
        return "".join(parts)


def _arc_arguments(text: str) -> list[float] | None:
    """Flags may stand without anything between them: `a1 1 0 01.5.5`."""
    values: list[float] = []
    end = 0
    for match in _ARC.finditer(text):
        if match.start() != end:
            return None
        end = match.end()
        values += [float(each) for each in match.groups()]
    return values if values and end == len(text) else None


def _absolute(command: str, values: list[float], at: tuple[float, float], repeats: bool) -> Segment:
    kind = command.upper()
    base = at if command.islower() else (0.0, 0.0)
    if kind == "H":
        return "L", (values[0] + base[0], at[1])
    if kind == "V":
        return "L", (at[0], values[0] + base[1])
    if kind == "M" and repeats:
        kind = "L"
    kept = values[:5] if kind == "A" else []
    places = values[len(kept) :]
    return kind, (*kept, *(value + base[number % 2] for number, value in enumerate(places)))


def _places(kind: str, values: tuple[float, ...]) -> list[tuple[float, float]]:
    if kind == "A":
        rx, ry, x, y = values[0], values[1], values[5], values[6]
        return [(x, y), (x - rx, y - ry), (x + rx, y + ry)]
    return list(zip(values[::2], values[1::2], strict=True))
