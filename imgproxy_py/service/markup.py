"""Responsive images in HTML: `<img srcset>` and `<picture>` over this server's URLs.

HTML Living Standard, sections 4.8.3 (img) and 4.8.1 (picture).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from imgproxy_py.service.image_url import Signer, image_url

# A `<picture>` names the better format first: a browser takes the first that it shows.
MEDIA_TYPES = {"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg", "png": "image/png"}


_AT_ONCE = (("fetchpriority", "high"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """A picture as wide as its place on the page: one URL for each of `widths` (pixels).

    `sizes` says how wide that place is (`(max-width: 600px) 100vw, 600px`).
    """

    widths: tuple[int, ...]
    sizes: str = "100vw"

    @property
    def usual(self) -> int:
        """Which one is for whoever knows no `srcset`: neither the smallest nor the largest."""
        return len(set(self.widths)) // 2

    def options(self) -> list[tuple[str, str]]:
        """What stands in each URL for the size, and after it in a `srcset`."""
        return [(str(width), f"{width}w") for width in sorted(set(self.widths))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Densities:
    """A picture of one size (`300x200`, in CSS pixels) for screens of several densities."""

    size: str
    densities: tuple[float, ...] = (1, 2, 3)

    sizes = ""
    usual = 0

    def options(self) -> list[tuple[str, str]]:
        named = [f"{density:g}x" for density in sorted(set(self.densities))]
        return [(self.size if name == "1x" else f"{self.size},{name}", name) for name in named]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of a page. `more_options` are the same in all its URLs (`quality=high`).

    `width` and `height`, the source's own in pixels, keep the page from jumping while it loads.
    `is_lazy`: it is loaded when it comes near, so the first picture of a page is not.
    """

    base_url: str
    username: str
    source: str
    steps: Widths | Densities
    more_options: str = ""
    alt: str = ""
    width: int | None = None
    height: int | None = None
    signer: Signer | None = None
    is_lazy: bool = True

    def img(self, *, image_format: str | None = None) -> str:
        """One `<img>`: the format is chosen by each browser's `Accept`, unless one is named."""
        urls = self._urls(image_format)
        size = (("width", str(self.width)), ("height", str(self.height)))
        return _tag(
            "img",
            ("src", urls[self.steps.usual][0]),
            ("srcset", _srcset(urls)),
            *([("sizes", self.steps.sizes)] if self.steps.sizes else []),
            *(size if self.width and self.height else ()),
            ("alt", self.alt),
            *((("loading", "lazy"), ("decoding", "async")) if self.is_lazy else _AT_ONCE),
        )

    def picture(self, formats: Sequence[str]) -> str:
        """A `<picture>` that names the formats, for caches that cannot tell browsers apart by
        `Accept`. Its last resort is a JPEG, or a PNG where the source may be transparent."""
        path = urlsplit(self.source).path.lower()
        fallback = "png" if path.endswith((".png", ".gif", ".webp", ".avif", ".svg")) else "jpeg"
        sources = [
            _tag(
                "source",
                ("type", MEDIA_TYPES[name]),
                ("srcset", _srcset(self._urls(name))),
                *([("sizes", self.steps.sizes)] if self.steps.sizes else []),
            )
            for name in formats
        ]
        inner = "\n  ".join([*sources, self.img(image_format=fallback)])
        return f"<picture>\n  {inner}\n</picture>"

    def _urls(self, image_format: str | None) -> list[tuple[str, str]]:
        more = [self.more_options, f"format={image_format}" if image_format else ""]
        return [
            (self._url(",".join(part for part in (options, *more) if part)), step)
            for options, step in self.steps.options()
        ]

    def _url(self, options: str) -> str:
        return image_url(self.base_url, self.username, options, self.source, signer=self.signer)


def _srcset(urls: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{url} {step}" for url, step in urls)


def _tag(name: str, *attributes: tuple[str, str]) -> str:
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes)
    return f"<{name}{written}>"
