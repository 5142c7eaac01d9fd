"""The examples of docs/ci.md: the YAML is sound, and its shell lines do what the page says."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.command import PROJECT, environment
from tests.cli.pushing import photo
from tests.web.server import API_KEY, RunningServer, running_server

EXAMPLES = PROJECT / "examples"
WORKFLOW = EXAMPLES / "github-actions.yml"
HOOK = EXAMPLES / "pre-commit-config.yaml"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("ci") / "data", REFINE="off") as running:
        yield running


def workflow() -> dict[Any, Any]:
    read: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return read


def step(name: str) -> str:
    """The shell lines of a step."""
    steps = workflow()["jobs"]["pictures"]["steps"]
    lines: str = next(one["run"] for one in steps if one.get("name") == name)
    return lines


def hook() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(HOOK.read_text(encoding="utf-8"))
    found: dict[str, Any] = read["repos"][0]["hooks"][0]
    return found


class Repository:
    """A clone with a branch that changes pictures, as a runner has it checked out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self.temp = folder / "temp"
        self.programs = folder / "programs"
        for path in (self.folder, self.temp, self.programs):
            path.mkdir()
        command = self.programs / "imgproxy-py"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m imgproxy_py "$@"\n')
        command.chmod(0o755)
        self.git("init", "-q", "-b", "main")
        self.commit("old.jpg", photo(1, 200, 150))
        self.git("update-ref", "refs/remotes/origin/main", "main")
        self.git("switch", "-q", "-c", "branch")

    def git(self, *arguments: str) -> None:
        named = ("-c", "user.name=Maria", "-c", "user.email=maria@example.com")
        subprocess.run(["git", *named, *arguments], cwd=self.folder, check=True)

    def commit(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)
        self.git("add", name)
        self.git("commit", "-q", "-m", name)

    def run(self, script: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """As a runner runs a step: bash that stops at the first fault."""
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        known = {"PATH": path, "GITHUB_BASE_REF": "main", "RUNNER_TEMP": str(self.temp)}
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env=environment(self.temp / "data") | known | variables,
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_workflow_has_a_trigger_and_steps_that_each_do_something() -> None:
    read = workflow()

    # YAML 1.1 reads a bare `on` as true; GitHub reads the word.
    assert read[True] == "pull_request"
    for one in read["jobs"]["pictures"]["steps"]:
        assert ("run" in one) != ("uses" in one)


def test_only_pictures_that_the_branch_changes_are_looked_at(repository: Repository) -> None:
    repository.commit("new photo.jpg", photo(2))
    repository.commit("notes.txt", b"no picture")

    ended = repository.run(step("Find changed pictures"))

    assert (ended.returncode, ended.stderr) == (0, "")
    assert (repository.temp / "changed").read_bytes() == b"new photo.jpg\0"


def test_a_picture_that_could_be_much_smaller_fails_the_check_on_a_server(
    repository: Repository, server: RunningServer
) -> None:
    repository.commit("new photo.jpg", photo(2))
    repository.run(step("Find changed pictures"))
    variables = {"IMGPROXY_PY_URL": server.url, "IMGPROXY_PY_API_KEY": API_KEY}

    ended = repository.run(step("Check them on a server"), **variables)

    assert ended.returncode == 123
    assert ended.stderr.startswith("new photo.jpg: could be ")
    assert ended.stderr.endswith(" % smaller; --fail-over allows 20 %\n")
    made = repository.temp / "optimized" / "new photo.jpg"
    repository.commit("new photo.jpg", made.read_bytes())
    assert repository.run(step("Check them on a server"), **variables).returncode == 0


def test_a_picture_that_could_be_much_smaller_fails_the_check_without_a_server(
    repository: Repository,
) -> None:
    repository.commit("new.jpg", photo(2))
    repository.run(step("Find changed pictures"))

    ended = repository.run(step("Check them here"))

    assert ended.returncode == 123
    assert ended.stderr.startswith("new.jpg: could be ")
    assert ended.stderr.endswith(" % smaller; --fail-over allows 20 %\n")


def test_a_branch_without_pictures_passes(repository: Repository) -> None:
    repository.commit("notes.txt", b"no picture")
    repository.run(step("Find changed pictures"))

    for name in ("Check them on a server", "Check them here"):
        ended = repository.run(step(name))
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_hook_makes_a_picture_smaller_once(repository: Repository) -> None:
    repository.commit("new.jpg", photo(2))
    entry = f"{hook()['entry']} new.jpg old.jpg"

    first = repository.run(entry)
    made = (repository.folder / "new.jpg").read_bytes()
    second = repository.run(entry)

    assert (first.returncode, second.returncode) == (0, 0)
    assert len(made) < len(photo(2))
    assert (repository.folder / "new.jpg").read_bytes() == made


def test_the_page_shows_the_hook_as_it_is() -> None:
    page = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
    shown = page.partition("```yaml\n")[2].partition("```")[0]

    assert yaml.safe_load(shown) == yaml.safe_load(HOOK.read_text(encoding="utf-8"))
