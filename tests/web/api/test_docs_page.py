"""The docs page: its lines work as pasted, and it needs nothing but itself."""

import asyncio
import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from imgproxy_py.web.api.samples import API_KEY as PLACEHOLDER
from imgproxy_py.web.api.samples import SAMPLES
from tests.cli.chromium import Tab, opened_page
from tests.waiting import eventually
from tests.web.api.calling import done, optimize, path_of, with_key
from tests.web.pictures import jpeg
from tests.web.server import API_KEY, RunningServer

# How a reader would run what was copied.
RUN = {
    "curl": ["sh", "-c"],
    "python": [sys.executable, "-c"],
    "javascript": ["node", "--input-type=module", "-e"],
}
# A word that stands in what each call prints.
PRINTED = {
    "optimize": "optimized_url",
    "addToBatch": "total_files",
    "listBatches": "total_files",
    "getBatch": "client_batch_id",
    "cancelBatch": "is_finished",
    "listLibrary": "total_bytes",
    "followBatch": "event: done",
    "createJob": "queued",
    "getJob": "optimized_url",
    "listJobs": "next_cursor",
    "cancelJob": "succeeded already|409",
    "getAccount": "max_images_per_month",
    "getUsage": "by_day",
    "listKeys": "last_four",
    "createKey": "opt_",
    "rotateKey": "opt_",
    "verifyReceipt": "valid",
}
# It asks to cancel a job that is finished, so that the other lines have one to look at.
REFUSED = {"cancelJob"}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A reader's folder with what the lines name, and what there is on the server to name."""

    folder: Path
    job_id: str
    result_id: str
    key_ids: Iterator[str]

    def filled(self, lines: str) -> str:
        lines = lines.replace(PLACEHOLDER, API_KEY).replace("JOB_ID", self.job_id)
        lines = lines.replace("RESULT_ID", self.result_id)
        return lines.replace("KEY_ID", next(self.key_ids)) if "KEY_ID" in lines else lines


def lines_of(server: RunningServer, language: str) -> list[str]:
    """What the copy buttons of one language take, in the order of the page."""
    page = server.get("/docs").body.decode()
    found = re.findall(rf'<div class="lines {language}"><pre><code>(.*?)</code>', page, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]*>", "", lines)) for lines in found]


def ask(server: RunningServer, method: str, target: str, **told: str) -> dict[str, str]:
    body = json.dumps(told).encode() if told else None
    headers = with_key(Content_Type="application/json") if told else with_key()
    answer = server.ask(method, target, headers, body)
    assert answer.status < 300, answer.body
    found: dict[str, str] = json.loads(answer.body)
    return found


@pytest.fixture
def desk(server: RunningServer, tmp_path: Path) -> Desk:
    photo = jpeg(240, 160)
    (tmp_path / "photo.jpg").write_bytes(photo)
    (tmp_path / "second.jpg").write_bytes(jpeg(200, 150))
    told = done(optimize(server, photo, format="webp"))
    (tmp_path / "small.webp").write_bytes(server.get(path_of(told, server)).body)
    (tmp_path / "receipt.txt").write_text(told["receipt"])
    kept = path_of(done(optimize(server, jpeg(201, 150), storage_commit="true")), server)
    job = ask(server, "POST", "/api/v1/jobs", url=f"{server.url}/static/sample.jpg", width="90")
    assert eventually(
        lambda: ask(server, "GET", f"/api/v1/jobs/{job['id']}")["status"] == "succeeded"
    )
    key_ids = (ask(server, "POST", "/api/v1/keys", name="to be lost")["id"] for _ in range(2))
    return Desk(
        folder=tmp_path,
        job_id=job["id"],
        result_id=kept.removeprefix("/results/"),
        key_ids=key_ids,
    )


@pytest.mark.parametrize("language", RUN)
def test_every_line_works_as_pasted(server: RunningServer, desk: Desk, language: str) -> None:
    if shutil.which(RUN[language][0]) is None:
        pytest.skip(f"no {RUN[language][0]} here")
    lines = lines_of(server, language)
    assert len(lines) == len(SAMPLES)

    for sample, text in zip(SAMPLES, lines, strict=True):
        process = subprocess.run(
            [*RUN[language], desk.filled(text)],
            cwd=desk.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        printed = process.stdout + process.stderr
        # curl prints a refusal and calls it a success.
        is_refused = sample.operation in REFUSED and language != "curl"
        assert (process.returncode != 0) == is_refused, printed
        assert re.search(PRINTED.get(sample.operation, ""), printed), printed

    assert (desk.folder / "catalog.zip").read_bytes()[:2] == b"PK"


def test_the_page_may_load_and_run_nothing_but_its_own_script(server: RunningServer) -> None:
    answer = server.get("/docs")

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(
        part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
    )
    script = re.findall(r"<script>(.*?)</script>", answer.body.decode(), re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert policy == {
        "default-src": "'none'",
        "script-src": f"'sha256-{digest}'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


def test_the_page_is_not_sent_again_to_who_has_it(server: RunningServer) -> None:
    etag = server.get("/docs").headers["ETag"]

    assert server.get("/docs", If_None_Match=etag).status == 304


def test_every_code_that_the_page_tells_can_be_told(server: RunningServer) -> None:
    page = server.get("/docs").body.decode()
    table = page[page.index('id="errors"') :]

    told = set(re.findall(r"<code>(\w+)</code>", table))

    assert told >= {"idempotency_key_reused", "quota_exceeded", "not_an_image", "rate_limited"}


async def test_in_a_browser_a_key_fills_the_lines_and_one_language_is_shown(
    server: RunningServer, tmp_path: Path
) -> None:
    async with opened_page(f"{server.url}/docs", tmp_path / "profile") as tab:
        assert await visible(tab) == {"curl"}
        await tab.value("document.querySelector('#show-python').click()")
        assert await visible(tab) == {"python"}

        await type_key(tab, "opt_mine")
        assert await tab.value(
            "document.querySelector('.python code').textContent.includes('opt_mine')"
        )
        await type_key(tab, "")
        assert await tab.value(f"document.body.textContent.includes({PLACEHOLDER!r})")

        await copies_say_so(tab)
        await nothing_is_wider_than_a_phone(tab)


async def copies_say_so(tab: Tab) -> None:
    button = "document.querySelector('.python .copy')"
    await tab.value(f"{button}.click()")
    async with asyncio.timeout(10):
        while await tab.value(f"{button}.textContent") != "Copied":
            await asyncio.sleep(0.02)


async def nothing_is_wider_than_a_phone(tab: Tab) -> None:
    phone = {"width": 390, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    await tab.ask("Emulation.setDeviceMetricsOverride", **phone)

    assert await tab.value("document.documentElement.scrollWidth") <= 390


async def visible(tab: Tab) -> set[str]:
    shown = "[...document.querySelectorAll('.lines')].filter(each => each.offsetParent)"
    return set(await tab.value(f"{shown}.map(each => each.classList[1])"))


async def type_key(tab: Tab, key: str) -> None:
    field = "document.querySelector('#key')"
    await tab.value(f"{field}.value = {key!r}; {field}.dispatchEvent(new Event('input'))")
