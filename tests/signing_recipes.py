"""The recipes of docs/signed-urls.md, each run by its own language."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "signed-urls.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\| `(.+)` \| `(\d+)` \| `(.+)` \| `(.+)` \| `(/.+)` \|$", re.MULTILINE)
_SECRET = re.compile(r"secret `([A-Za-z0-9_-]{43})`")

# What prints the path of `arguments`, added to a recipe.
_CALLS = {
    "python": "print(signed_path({0}, {1}, {2}, {3}, {4}, {5}))",
    "javascript": "console.log(signedPath({0}, {1}, {2}, {3}, {4}, {5}));",
    "php": "echo signed_path({0}, {1}, {2}, {3}, {4}, {5});",
    "ruby": "puts signed_path({0}, {1}, {2}, {3}, {4}, {5})",
    "go": "func main() {{ path, err := signedPath({0}, {1}, {2}, {3}, {4}, {5});"
    " if err != nil {{ panic(err) }}; fmt.Println(path) }}",
}
COMMANDS = {
    "python": ("python3", "recipe.py"),
    "javascript": ("node", "recipe.js"),
    "php": ("php", "recipe.php"),
    "ruby": ("ruby", "recipe.rb"),
    "go": ("go", "run", "recipe.go"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    username: str
    expires: int
    options: str
    source: str
    path: str


def vectors() -> list[Vector]:
    return [
        Vector(username=row[0], expires=int(row[1]), options=row[2], source=row[3], path=row[4])
        for row in _ROW.findall(PAGE.read_text())
    ]


def secret() -> str:
    found = _SECRET.search(PAGE.read_text())
    assert found is not None
    return found[1]


def path_by(language: str, vector: Vector, folder: Path) -> str:
    """What the recipe of `language` makes of a vector."""
    command = COMMANDS[language]
    (folder / command[-1]).write_text(_program(language, vector))
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def _program(language: str, vector: Vector) -> str:
    recipe = dict(_BLOCK.findall(PAGE.read_text()))[language]
    texts = [
        f'"{text}"' for text in ("k1", secret(), vector.username, "", vector.options, vector.source)
    ]
    texts[3] = str(vector.expires)
    opening = "<?php\n" if language == "php" else ""
    return f"{opening}{recipe}\n{_CALLS[language].format(*texts)}\n"
