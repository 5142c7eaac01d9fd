"""docs/signed-urls.md: every recipe signs as the server checks."""

import shutil
from pathlib import Path

import pytest

from imgproxy_py.accounts.url_rules import UrlRules
from imgproxy_py.accounts.url_signature import read_secret
from options_grammar import cut
from tests.signing_recipes import COMMANDS, Vector, path_by, secret, vectors


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector.username)
def test_the_server_takes_every_vector_of_the_page(vector: Vector) -> None:
    path, _, query = vector.path.partition("?")
    read = cut(path.encode(), query.encode())
    rules = UrlRules(requires_signature=True, signing_keys={"k1": read_secret(secret())})

    signature = rules.check_signature(read.username, read.signature_segment, read.rest, now=0)

    assert signature is not None
    assert (read.username, signature.expires) == (vector.username, vector.expires)
    assert read.options_text == vector.options


def test_the_page_has_three_vectors_of_different_kinds() -> None:
    assert len(vectors()) == 3
    assert any(vector.expires for vector in vectors())
    assert any(not vector.username.isascii() for vector in vectors())


@pytest.mark.parametrize("language", list(COMMANDS))
def test_a_recipe_makes_the_paths_of_the_page(language: str, tmp_path: Path) -> None:
    if shutil.which(COMMANDS[language][0]) is None:
        pytest.skip(f"{COMMANDS[language][0]} is not installed")

    made = [path_by(language, vector, tmp_path) for vector in vectors()]

    assert made == [vector.path for vector in vectors()]
