"""Pictures that the tests, the benchmarks and the sample are drawn from: no file is needed.

    python -m tests.pictures imgproxy_py/web/samples/sample.jpg

draws the sample picture that a server shows on its first page.
"""

import sys

import numpy as np
import numpy.typing as npt
import pyvips

Floats = npt.NDArray[np.float64]


def landscape(width: int, height: int, *, seed: int = 7) -> pyvips.Image:
    """A photograph-like picture: evening sky, five ridges, fine grain. Same bytes every time."""
    random = np.random.default_rng(seed)
    y = np.linspace(0, 1, height)[:, None, None]
    x = np.linspace(0, 1, width)[None, :, None]
    top, horizon = np.array([34, 62, 116]), np.array([250, 196, 146])
    canvas = top + (horizon - top) * np.clip(y / 0.62, 0, 1) ** 1.4 + 0 * x
    sun = np.exp(-(((x - 0.68) * width / height) ** 2 + (y - 0.42) ** 2) / 0.004)
    canvas = canvas + sun * np.array([110, 90, 60])
    canvas += (_clouds(random, width, height) * (1 - y[:, :, 0]))[:, :, None] * 46
    for index in range(5):
        canvas = _ridge(canvas, random, depth=index / 4)
    canvas += random.normal(0, 2.2, (height, width, 1)) + random.normal(0, 0.8, canvas.shape)
    pixels = np.ascontiguousarray(np.clip(canvas, 0, 255).astype(np.uint8))
    return pyvips.Image.new_from_memory(pixels.data, width, height, 3, "uchar").copy(
        interpretation="srgb"
    )


def _ridge(canvas: Floats, random: np.random.Generator, *, depth: float) -> Floats:
    height, width, _ = canvas.shape
    profile = _fractal_line(random, width)
    line = (0.46 + 0.13 * depth + (0.2 - 0.08 * depth) * profile) * height
    rows = np.arange(height)[:, None]
    inside = np.clip(rows - line[None, :], 0, 1)[:, :, None]
    far, near = np.array([150, 132, 148]), np.array([24, 38, 36])
    texture = _texture(random, width, height)[:, :, None] * (8 + 26 * depth)
    below = np.clip((rows - line[None, :]) / height, 0, 1)[:, :, None]
    color = far + (near - far) * depth + texture - below * 30 * (1 - depth)
    ridged: Floats = canvas * (1 - inside) + color * inside
    return ridged


def _fractal_line(random: np.random.Generator, width: int) -> Floats:
    line = np.zeros(width)
    points = np.arange(width)
    for octave in range(1, 9):
        knots = 3 * 2**octave
        values = random.normal(0, 1, knots + 1)
        line += np.interp(points, np.linspace(0, width - 1, knots + 1), values) / 2**octave
    profile: Floats = -line / np.abs(line).max()
    return profile


def _texture(random: np.random.Generator, width: int, height: int) -> Floats:
    """Noise with equal power per octave, -1..1."""
    total = np.zeros((height, width))
    for cell in (2, 4, 9, 22):
        small = random.normal(0, 1, (height // cell + 3, width // cell + 3))
        rows, columns = np.arange(height) / cell, np.arange(width) / cell
        total += _bilinear(small, rows, columns)
    return np.clip(total / 4, -1, 1)


def _clouds(random: np.random.Generator, width: int, height: int) -> Floats:
    total = np.zeros((height, width))
    for octave in range(2, 8):
        shape = (2**octave, 2 ** (octave - 1) + 2)
        field = random.normal(0, 1, shape)
        rows = np.linspace(0, shape[0] - 1.001, height)
        columns = np.linspace(0, shape[1] - 1.001, width)
        total += _bilinear(field, rows, columns) / 2 ** (octave - 1)
    return np.clip(total, 0, 1.2)


def _bilinear(field: Floats, rows: Floats, columns: Floats) -> Floats:
    top, left = rows.astype(int), columns.astype(int)
    down, right = (rows - top)[:, None], (columns - left)[None, :]
    upper = field[top][:, left] * (1 - right) + field[top][:, left + 1] * right
    lower = field[top + 1][:, left] * (1 - right) + field[top + 1][:, left + 1] * right
    mixed: Floats = upper * (1 - down) + lower * down
    return mixed


def graphic(width: int, height: int) -> pyvips.Image:
    """Flat colors and hard edges with a transparent ground, as a logo or a chart has them."""
    return pyvips.Image.svgload_buffer(
        f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"
        viewBox="0 0 600 400"><rect x="40" y="40" width="520" height="320" rx="24" fill="#0f766e"/>
        <circle cx="200" cy="200" r="96" fill="#f59e0b"/>
        <path d="M330 290 L420 110 L510 290 Z" fill="#fef3c7"/>
        <rect x="330" y="310" width="180" height="12" fill="#111827"/></svg>""".encode()
    )


def quadrants(width: int, height: int) -> pyvips.Image:
    """Red, green, blue and yellow quarters, clockwise from the top left: shows what was kept."""
    half = ((width + 1) // 2, (height + 1) // 2)
    colors = [(220, 30, 30), (30, 170, 60), (230, 200, 40), (40, 70, 210)]
    quarters = [(pyvips.Image.black(*half, bands=3) + color).cast("uchar") for color in colors]
    joined = pyvips.Image.arrayjoin(quarters, across=2)
    return joined.crop(0, 0, width, height).copy(interpretation="srgb")


if __name__ == "__main__":
    landscape(1800, 1200).jpegsave(sys.argv[1], Q=90, optimize_coding=True)
