"""The markup of `imgproxy-py srcset` in a real browser: what it loads, by the screen's density."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.cli.chromium import Tab, opened_page
from tests.cli.operating import asked, cwd
from tests.web.origin import Origin, Page
from tests.web.pictures import jpeg
from tests.web.result_urls import CHROME
from tests.web.server import USERNAME, RunningServer

__all__ = ["cwd"]

HTML = '<!doctype html><title>t</title><body style="margin: 0">{}</body>'
READY = """new Promise(done => document.readyState === 'complete'
    ? done() : addEventListener('load', done))"""
LOADED = """Promise.all([...document.images].map(async one => {
    one.loading = 'eager';
    await one.decode();
    const [told] = performance.getEntriesByName(one.currentSrc, 'resource');
    return [one.currentSrc, one.clientWidth, told.encodedBodySize]; }))"""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """One picture of the page: the target it was loaded by, the CSS pixels it takes, its bytes."""

    target: str
    width: int
    sent_bytes: int

    @property
    def options(self) -> str:
        return self.target.split("/")[2]


def markup(server: RunningServer, source: str, *more: str) -> str:
    widths = ("--widths", "160,320,640,960", "--sizes", "(max-width: 500px) 160px, 320px")
    ended = asked("srcset", source, "--account", USERNAME, "--url", server.url, *widths, *more)
    assert ended.code == 0, ended.err
    return ended.out


async def loaded(tab: Tab, page: str, *, density: float, width: int = 1000) -> list[Loaded]:
    """What a page loads on a screen of that density, `width` CSS pixels wide."""
    screen = {"width": width, "height": 800, "deviceScaleFactor": density, "mobile": False}
    await tab.ask("Emulation.setDeviceMetricsOverride", **screen)
    await tab.ask("Page.navigate", url=page)  # answered when the new page has begun
    await tab.value(READY)
    assert await tab.value("[location.href, devicePixelRatio]") == [page, density]
    return [
        Loaded(target=urlsplit(url).path, width=drawn, sent_bytes=size)
        for url, drawn, size in await tab.value(LOADED)
    ]


async def test_a_browser_loads_the_width_and_the_format_for_its_screen(
    server: RunningServer, origin: Origin, cwd: Path
) -> None:
    source = origin.put("/photo.jpg", jpeg(1000, 750), headers={"Cache-Control": "max-age=600"})
    written = markup(server, source) + markup(server, source, "--formats", "avif,webp")
    origin.anything = Page(body=HTML.format(written).encode(), media_type="text/html")

    async with opened_page("about:blank", cwd / "profile") as tab:
        plain = await loaded(tab, f"{origin.url}/plain", density=1)
        dense = await loaded(tab, f"{origin.url}/dense", density=2)
        phone = await loaded(tab, f"{origin.url}/phone", density=3, width=400)

    assert [one.options for one in plain] == ["320", "320,format=avif"]
    assert [one.options for one in dense] == ["640", "640,format=avif"]
    assert [one.options for one in phone] == ["640", "640,format=avif"]
    assert [one.width for one in (*plain, *dense, *phone)] == [320] * 4 + [160] * 2
    for one in (*plain, *dense):
        sent = server.get(one.target, Accept=CHROME)
        assert (sent.headers["Content-Type"], len(sent.body)) == ("image/avif", one.sent_bytes)
    assert origin.targets.count("/photo.jpg") == 1
