"""Results under their own URLs, and what is told about how they were made."""

import json
import os
from pathlib import Path

import pytest

from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.result_urls import result_of
from tests.web.server import USERNAME, RunningServer, running_server


class TestProof:
    def test_a_result_tells_how_long_each_stage_took(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        answer = server.get(f"/{USERNAME}/41/{url}")

        stages = str(answer.headers["Server-Timing"]).split(", ")
        assert [stage.partition(";dur=")[0] for stage in stages] == [
            "fetch",
            "decode",
            "search",
            "encode",
        ]
        assert all(float(stage.partition(";dur=")[2]) >= 0 for stage in stages)

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/holiday%20photo.jpeg", "holiday%20photo.jpg"),
            ("/caf%C3%A9.png?x=1", "caf%C3%A9.jpg"),
            ("/", "image.jpg"),
            ("/..%2F..%2Fetc%2Fpasswd", "passwd.jpg"),
            ("/a%22%0D%0AX-Evil:%201.jpg", "a_X-Evil_%201.jpg"),
            ("/" + "n" * 300 + ".jpg", "n" * 80 + ".jpg"),
        ],
    )
    def test_the_name_to_save_under_is_the_sources_and_harmless(
        self, server: RunningServer, origin: Origin, path: str, name: str
    ) -> None:
        url = origin.put(path, jpeg())

        answer = server.get(f"/{USERNAME}/100,format=jpeg/{url}")

        assert answer.headers["Content-Disposition"] == f"inline; filename*=UTF-8''{name}"
        assert answer.headers["X-Evil"] is None


class TestResultUrls:
    def test_an_unknown_result_is_404(self, server: RunningServer) -> None:
        answer = server.get("/results/" + "A" * 24)

        assert answer.status == 404
        assert b"there is no such result here" in answer.body

    def test_a_program_that_asks_for_json_is_told_in_json(self, server: RunningServer) -> None:
        accept = "application/json, text/plain, */*"

        answer = server.get("/results/" + "A" * 24, Accept=accept)

        assert answer.headers["Content-Type"] == "application/problem+json"
        told = json.loads(answer.body)
        assert (told["status"], told["code"]) == (404, "result_not_found")

    def test_another_secret_makes_other_urls_and_the_same_one_the_same(
        self, server: RunningServer, origin: Origin, tmp_path: Path
    ) -> None:
        here = result_of(server, origin)
        with running_server(tmp_path / "other", ENGINE_WORKERS="1") as other:
            there = result_of(other, origin)
            unknown = other.get(here)

        assert here == result_of(server, origin)
        assert here != there
        assert unknown.status == 404

    def test_a_result_survives_a_restart_unless_its_file_was_damaged(
        self, origin: Origin, tmp_path: Path
    ) -> None:
        contents = tmp_path / "results" / "contents"
        with running_server(tmp_path, ENGINE_WORKERS="1") as first:
            damaged = result_of(first, origin)
            for path in (path for path in contents.rglob("*") if path.is_file()):
                os.truncate(path, path.stat().st_size // 2)
            whole = first.ask("POST", f"/{USERNAME}/90/{origin.url}/photo.jpg").headers["Location"]
            before = first.get(whole)
        with running_server(tmp_path, ENGINE_WORKERS="1") as second:
            after = second.get(whole)
            lost = second.get(damaged)

        assert (after.status, after.body) == (200, before.body)
        assert after.headers["ETag"] == before.headers["ETag"]
        assert lost.status == 404

    def test_a_stored_result_does_not_vary(self, server: RunningServer, origin: Origin) -> None:
        url = origin.put("/own.jpg", jpeg())

        redirect = server.ask("POST", f"/{USERNAME}/77/{url}")
        result = server.get(redirect.headers["Location"])

        assert result.status == 200
        assert result.headers["Vary"] is None
