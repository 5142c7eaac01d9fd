"""`imgproxy-py verify` on real files: what a person sees, and what a script may rely on."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from imgproxy_py.cli.app import main
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.receipt import Receipt
from options_grammar import parse
from tests.cli.command import run
from tests.engine.encoding import optimized
from tests.web.origin import running_origin
from tests.web.pictures import jpeg


@pytest.fixture
def receipt(tmp_path: Path) -> str:
    """The receipt of `result` made of `source`, two files beside each other."""
    options = parse("160,format=webp").options
    result = optimized(jpeg(), job=Job(options=options))
    (tmp_path / "source").write_bytes(jpeg())
    (tmp_path / "result").write_bytes(result.data)
    made = Receipt.of(
        result,
        options=options,
        source_bytes=len(jpeg()),
        source_sha256=hashlib.sha256(jpeg()).hexdigest(),
        result_sha256=hashlib.sha256(result.data).hexdigest(),
    )
    return made.as_header()


def test_a_true_receipt_holds_line_by_line(tmp_path: Path, receipt: str) -> None:
    line = f"Image-Optimization: {receipt}"

    ended = run(tmp_path, "verify", "source", "result", "--receipt", line)

    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == f"ok  source-sha256  {hashlib.sha256(jpeg()).hexdigest()}"
    assert "ok  size           160x120 (what source and options ask for)" in lines
    assert lines[-1] == "the receipt holds"


def test_a_false_one_is_named_and_fails(tmp_path: Path, receipt: str) -> None:
    bytes_before = len(jpeg())
    lie = receipt.replace(f"original={bytes_before}", f"original={bytes_before + 1}")

    ended = run(tmp_path, "verify", "source", "result", "--receipt", lie)

    assert ended.code == 1
    assert f"no  original       {bytes_before + 1} claimed, {bytes_before} found" in ended.out
    assert ended.out.splitlines()[-1].endswith("claims is false")


def test_the_receipt_comes_from_a_file_and_the_answer_as_json(tmp_path: Path, receipt: str) -> None:
    headers = f"HTTP/2 200\r\netag: x\r\nimage-optimization: {receipt}\r\n\r\n"
    (tmp_path / "headers.txt").write_bytes(headers.encode())

    ended = run(tmp_path, "verify", "source", "result", "--receipt", "@headers.txt", "--json")

    told = json.loads(ended.out)
    assert told["valid"] is True
    assert {check["holds"] for check in told["checks"]} == {True}


def test_urls_are_fetched_as_by_the_server(tmp_path: Path, receipt: str) -> None:
    with running_origin() as origin:
        url = origin.put("/source.jpg", jpeg())
        asked = ("verify", url, "result", "--receipt", receipt)

        refused = run(tmp_path, *asked)
        allowed = run(tmp_path, *asked, ALLOWED_NETWORKS="127.0.0.0/8", ALLOWED_PORTS="1-65535")

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("nothing was verified: ")
    assert allowed.code == 0, allowed.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("original=1", 'the receipt has no "result"'),
        ("-", "the receipt is empty"),
        ('options="wat"', 'the receipt has no "original"'),
    ],
)
def test_a_wrong_receipt_is_a_wrong_command_line(text: str, message: str) -> None:
    ended = CliRunner().invoke(main, ["verify", "a", "b", "--receipt", text], input="")

    assert ended.exit_code == 2
    assert message in ended.output


def test_a_missing_file_is_named(tmp_path: Path, receipt: str) -> None:
    ended = run(tmp_path, "verify", "nothing.jpg", "result", "--receipt", receipt)

    assert ended.code == 1
    assert "nothing.jpg" in ended.err
