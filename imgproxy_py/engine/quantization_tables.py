"""Quantization tables of JPEG (ITU-T T.81, B.2.4.1): those we write with, those we recognize.

Each is given as it stands at quality 50, row by row; encoders scale it by a quality of 1..100 as
the IJG's libjpeg does (jcparam.c). Step 1 is the finest, 255 the coarsest in a baseline file.

mozjpeg holds nine of them by number. Number 2 wrote our first results, 5 and 8 go with its trellis
quantization; the masked ones go with ours (`jpeg_coding`).
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

Steps = tuple[int, ...]

SIDE = 8


class TableName(StrEnum):
    ANNEX_K = "annex k"
    MOZJPEG_2 = "mozjpeg 2"
    MOZJPEG_5 = "mozjpeg 5"
    MOZJPEG_8 = "mozjpeg 8"
    MASKED = "masked"
    FULL_CHROMA_MASKED = "masked 4:4:4"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizationTable:
    """`is_ours`: hardly anybody but us writes with it."""

    brightness: Steps
    color: Steps
    is_ours: bool = True


@cache
def scaled(steps: Steps, quality: int) -> Steps:
    """What a baseline encoder makes of `steps` at a quality of 1..100."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(min(max((step * percent + 50) // 100, 1), 255) for step in steps)


def zigzag(steps: Steps) -> Steps:
    """From rows to the order in which a file holds them (T.81, figure A.6)."""
    return tuple(steps[at] for at in _ZIGZAG)


def _diagonally(at: int) -> tuple[int, int]:
    row, column = divmod(at, SIDE)
    diagonal = row + column
    return diagonal, row if diagonal % 2 else column


_ZIGZAG = sorted(range(SIDE * SIDE), key=_diagonally)

# Klein, Silverstein and Carney, "Relevance of human vision to JPEG-DCT compression", 1992.
_KLEIN = (
    *(10, 12, 14, 19, 26, 38, 57, 86),
    *(12, 18, 21, 28, 35, 41, 54, 76),
    *(14, 21, 25, 32, 44, 63, 92, 136),
    *(19, 28, 32, 41, 54, 75, 107, 157),
    *(26, 35, 44, 54, 70, 95, 132, 190),
    *(38, 41, 63, 75, 95, 125, 170, 239),
    *(57, 54, 92, 107, 132, 170, 227, 312),
    *(86, 76, 136, 157, 190, 239, 312, 419),
)
# Peterson, Ahumada and Watson, "Improved detection model for DCT coefficient quantization", 1993.
_PETERSON = (
    *(14, 10, 11, 14, 19, 25, 34, 45),
    *(10, 11, 11, 12, 15, 20, 26, 33),
    *(11, 11, 15, 18, 21, 25, 31, 38),
    *(14, 12, 18, 24, 28, 33, 39, 47),
    *(19, 15, 21, 28, 36, 43, 51, 59),
    *(25, 20, 25, 33, 43, 54, 64, 74),
    *(34, 26, 31, 39, 51, 64, 77, 91),
    *(45, 33, 38, 47, 59, 74, 91, 108),
)
# Tuned by mozjpeg's authors for MS-SSIM on Kodak's photographs.
_KODAK = (
    *(12, 17, 20, 21, 30, 34, 56, 63),
    *(18, 20, 20, 26, 28, 51, 61, 55),
    *(19, 20, 21, 26, 33, 58, 69, 55),
    *(26, 26, 26, 30, 46, 87, 86, 66),
    *(31, 33, 36, 40, 46, 96, 100, 73),
    *(40, 35, 46, 62, 81, 100, 111, 91),
    *(46, 66, 76, 86, 102, 121, 120, 101),
    *(68, 90, 90, 96, 113, 102, 105, 103),
)
_KODAK_COLOR = (
    *(8, 12, 15, 15, 86, 96, 96, 98),
    *(13, 13, 15, 26, 90, 96, 99, 98),
    *(12, 15, 18, 96, 99, 99, 99, 99),
    *(17, 16, 90, 96, 99, 99, 99, 99),
    *(96, 96, 99, 99, 99, 99, 99, 99),
    *(99,) * 24,
)
_ANNEX_K = (
    *(16, 11, 10, 16, 24, 40, 51, 61),
    *(12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77),
    *(24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101),
    *(72, 92, 95, 98, 112, 100, 103, 99),
)
_ANNEX_K_COLOR = (
    *(17, 18, 24, 47, 99, 99, 99, 99),
    *(18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99),
    *(47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)


# Ours, for the trellis of `jpeg_coding`. They began as blends of Klein's, Peterson's and the Kodak
# table, and were moved to where 14 photographs of 500 pixels took fewest bytes at equal score:
# toward finer steps for what is coarse in the picture and for what is finest. Whole chroma wants
# coarser steps for color, and is for higher targets.
_MASKED = (
    *(10, 14, 22, 25, 30, 34, 41, 46),
    *(14, 26, 25, 29, 31, 36, 44, 45),
    *(22, 25, 26, 30, 36, 45, 54, 52),
    *(25, 29, 30, 33, 41, 57, 60, 55),
    *(30, 31, 36, 41, 43, 63, 66, 58),
    *(34, 36, 45, 57, 63, 66, 69, 56),
    *(41, 44, 54, 60, 66, 69, 65, 53),
    *(46, 45, 52, 55, 58, 56, 53, 44),
)
_MASKED_COLOR = (6, *_KLEIN[1:])
_FULL_CHROMA_MASKED = (
    *(13, 20, 28, 31, 37, 39, 47, 50),
    *(20, 28, 24, 26, 28, 37, 47, 46),
    *(28, 24, 27, 31, 34, 41, 47, 40),
    *(31, 26, 31, 35, 42, 56, 55, 45),
    *(37, 28, 34, 42, 43, 64, 63, 49),
    *(39, 37, 41, 56, 64, 67, 67, 49),
    *(47, 47, 47, 55, 63, 67, 61, 47),
    *(50, 46, 40, 45, 49, 49, 47, 40),
)
_FULL_CHROMA_MASKED_COLOR = (27, *(2 * step for step in _ANNEX_K_COLOR[1:]))
TABLES: dict[TableName, QuantizationTable] = {
    TableName.ANNEX_K: QuantizationTable(brightness=_ANNEX_K, color=_ANNEX_K_COLOR, is_ours=False),
    TableName.MOZJPEG_2: QuantizationTable(brightness=_KODAK, color=_KODAK_COLOR),
    TableName.MOZJPEG_5: QuantizationTable(brightness=_KLEIN, color=_KLEIN),
    TableName.MOZJPEG_8: QuantizationTable(brightness=_PETERSON, color=_PETERSON),
    TableName.MASKED: QuantizationTable(brightness=_MASKED, color=_MASKED_COLOR),
    TableName.FULL_CHROMA_MASKED: QuantizationTable(
        brightness=_FULL_CHROMA_MASKED, color=_FULL_CHROMA_MASKED_COLOR
    ),
}
# On photographs, where the two are level: number 5 spends 0.89 and 8 0.90 at a score of 75, 0.91
# and 0.90 at 79. On drawings 8 is always the better: 0.94 of the bytes of 5 at 72, 0.87 at 84.
_FINE_FROM_TARGET = 77.0


def trellised_table(target: float, *, is_graphic: bool = False) -> TableName:
    """The one that goes best with trellis quantization, by the score aimed at and the content."""
    is_fine = is_graphic or target >= _FINE_FROM_TARGET
    return TableName.MOZJPEG_8 if is_fine else TableName.MOZJPEG_5
