"""The report in a real browser, from a file, without a mouse."""

from dataclasses import replace
from pathlib import Path

from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.cli.report.page import report_page
from tests.cli.chromium import Tab, opened_page
from tests.cli.outcomes import optimized, proof

CUT = "getComputedStyle(document.querySelector('.compare')).getPropertyValue('--cut').trim()"
VISIBLE = "[...document.querySelectorAll('article')].filter(a => !a.hidden).map(a => a.id)"
NAMES = "[...document.querySelectorAll('#pictures tbody tr')].map(r => r.cells[0].innerText.trim())"


def report(folder: Path) -> Path:
    """Three pictures: a good one, one with a hostile name and a warning, and a failed one."""
    good = optimized(folder, "b.jpg")
    hostile = replace(
        optimized(folder, "c.jpg", made=proof(score=90.5)),
        name="<img src=x onerror=document.title='owned'>",
        warnings=("something was put right",),
    )
    failed = Outcome(name="a.jpg", source_bytes=5, error="the source image is damaged")
    path = folder / "report.html"
    path.write_text(report_page([good, hostile, failed], folder=folder, options="full"))
    return path


async def click(tab: Tab, selector: str) -> None:
    """By the keyboard: focus, then Enter."""
    await tab.value(f"document.querySelector({selector!r}).focus()")
    await tab.press("Enter")


async def test_a_report_works_from_a_file_by_keyboard_alone(tmp_path: Path) -> None:
    async with opened_page(report(tmp_path), tmp_path / "profile") as tab:
        await both_pictures_are_drawn_at_one_size(tab)
        await keys_move_the_slider(tab)
        await the_filter_shows_one_kind(tab)
        await columns_sort_both_ways(tab)
        assert await tab.value("document.title") != "owned"
        assert await tab.value("document.querySelectorAll('h2 img, td img').length") == 0


async def both_pictures_are_drawn_at_one_size(tab: Tab) -> None:
    script = """Promise.all([...document.querySelectorAll('article:first-child .compare img')].map(
        async one => { one.loading = 'eager'; await one.decode();
                       return [one.naturalWidth, one.clientWidth, one.clientHeight]; }))"""
    before, after = await tab.value(script)

    assert (before[0], after[0]) == (640, 192)
    assert before[1:] == after[1:]
    assert before[1] == before[2] > 0


async def keys_move_the_slider(tab: Tab) -> None:
    assert await tab.value(CUT) == "50%"
    await tab.value("document.querySelector('.compare input').focus()")
    for _ in range(3):
        await tab.press("ArrowRight")
    assert await tab.value(CUT) == "53%"
    await tab.press("Home")
    assert await tab.value(CUT) == "0%"
    clip = await tab.value("getComputedStyle(document.querySelector('.compare .old')).clipPath")
    assert "100%" in clip


async def the_filter_shows_one_kind(tab: Tab) -> None:
    await click(tab, "button[value=warning]")
    assert await tab.value(VISIBLE) == ["picture-2"]
    await click(tab, "button[value=error]")
    assert await tab.value(VISIBLE) == ["picture-3"]
    await click(tab, "button[value=all]")
    assert await tab.value(VISIBLE) == ["picture-1", "picture-2", "picture-3"]


async def columns_sort_both_ways(tab: Tab) -> None:
    """The failed picture has no score: it stays last both ways."""
    score = "#pictures th:nth-child(6) button"
    await click(tab, score)
    ascending = await tab.value(VISIBLE)
    await click(tab, score)
    descending = await tab.value(VISIBLE)

    assert (ascending, descending) == (
        ["picture-1", "picture-2", "picture-3"],
        ["picture-2", "picture-1", "picture-3"],
    )
    assert await tab.value("document.querySelector('th[aria-sort]').ariaSort") == "descending"
    await click(tab, "#pictures th button")
    assert await tab.value(NAMES) == [
        "<img src=x onerror=document.title='owned'>",
        "a.jpg",
        "in/b.jpg",
    ]
