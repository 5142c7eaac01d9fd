"""What the API promises: one statement a function, shown over a real socket."""

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from imgproxy_py.accounts.api_key import secret_hash
from imgproxy_py.accounts.plan import PLANS
from tests.web.api.accounts import new_account, stored_text
from tests.web.api.calling import NINE_KEYS, with_key
from tests.web.api.provoking import (
    JSON,
    KEYS,
    World,
    good,
    json_of,
    refused,
)
from tests.web.pictures import jpeg

CLIENTS = 32
# Of the server of these tests, so that expiry can be waited for.
RESULT_TTL_SECONDS = 6
# The free plan's month without its minute, of which a test has only one.
UNHURRIED = """
[free-unhurried]
keys = 1
requests_per_minute = "unlimited"
images_per_month = 100
"""

Show = Callable[[World, Path], None]


@dataclass(frozen=True, kw_only=True)
class Statement:
    words: str
    show: Show

    def __str__(self) -> str:
        return self.words


STATEMENTS: list[Statement] = []


def states(words: str) -> Callable[[Show], Show]:
    """Enter a function into the table, under the words of what it shows."""

    def enter(show: Show) -> Show:
        STATEMENTS.append(Statement(words=words, show=show))
        return show

    return enter


@states("a key is shown once and lies in the database as a hash")
def key_shown_once(world: World, _: Path) -> None:
    plaintext = good(world.ask("POST", KEYS))["key"]

    assert plaintext not in world.ask("GET", KEYS).body.decode()
    stored = stored_text(world.server)
    assert plaintext.encode() not in stored
    assert secret_hash(plaintext).encode() in stored


@states("both header forms let a client in")
def both_headers(world: World, _: Path) -> None:
    for headers in (
        {"X-API-Key": world.holder.key},
        {"Authorization": f"Bearer {world.holder.key}"},
    ):
        assert world.server.ask("GET", KEYS, headers).status == 200


@states("the seed call works as it is written")
def seed_call(world: World, folder: Path) -> None:
    (folder / "photo.jpg").write_bytes(jpeg(300, 200))
    line = (
        f"curl -sS -F accept_file=true -F image=@photo.jpg -F format=webp -F compression=max "
        f"-H 'X-API-Key: {world.holder.key}' {world.server.url}/api/optimize"
    )

    process = subprocess.run(
        ["sh", "-c", line], cwd=folder, capture_output=True, timeout=60, check=True
    )

    assert json.loads(process.stdout)["format"] == "webp"


@states("nine keys stand first, in their order")
def nine_keys(world: World, _: Path) -> None:
    told = good(world.upload(jpeg(300, 200), format="webp"))

    assert list(told)[:9] == NINE_KEYS
    assert told["saved_bytes"] == told["original_size"] - told["optimized_size"]
    assert told["percent"] == round(100 * told["saved_bytes"] / told["original_size"], 1)
    assert world.server.get(told["optimized_url"].removeprefix(world.server.url)).status == 200


@states("the second call is cached, costs no quota and is counted")
def second_call(world: World, _: Path) -> None:
    first, second = (good(world.upload(jpeg(310, 200))) for _ in range(2))

    assert (first["cached"], second["cached"]) == (False, True)
    usage = good(world.ask("GET", "/api/v1/usage"))
    assert usage["quota"]["used"] == usage["total"]["images"] == 1
    assert usage["total"]["cache_hits"] == 1


@states("limits of plans and of keys are exact under 32 clients")
def exact_limits(world: World, _: Path) -> None:
    world = world.as_somebody_on("starter")  # 300 a minute, and 150 for each key
    keys = [world.holder.key, *(good(world.ask("POST", KEYS))["key"] for _ in range(2))]

    with ThreadPoolExecutor(CLIENTS) as pool:
        first = Counter(pool.map(lambda _: asked(world, keys[0]), range(170)))
        rest = Counter(pool.map(lambda number: asked(world, keys[1 + number % 2]), range(220)))

    # Making the two keys counted too.
    assert first == {400: 148, 429: 22}
    assert rest == {400: 150, 429: 70}


@states("plans allow 1, 3, 10 and 25 keys")
def key_counts(world: World, _: Path) -> None:
    allowed = {}
    for plan in ("free", "starter", "pro", "business"):
        holder = new_account(world.server, plan)
        count = 1
        while world.server.ask("POST", KEYS, with_key(holder.key)).status == 201:
            count += 1
        allowed[plan] = count

    assert allowed == {"free": 1, "starter": 3, "pro": 10, "business": 25}


@states("a free month has 100 pictures, on both surfaces together, and not one more")
def free_quota(world: World, _: Path) -> None:
    world = world.as_somebody_on("free-unhurried")
    assert PLANS["free"].max_images_per_month == 100
    for width in (40, 50):
        good(world.upload(jpeg(width, 40)))
    target = f"/{world.holder.username}/full"
    # Pictures that nobody else has had made here: those would cost nothing.
    pictures = [jpeg(41 + number, 37) for number in range(106)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda data: world.server.ask("POST", target, {}, data), pictures))

    assert Counter(answer.status for answer in answers) == {200: 98, 402: 8}
    assert good(world.ask("GET", "/api/v1/usage"))["quota"]["used"] == 100
    assert refused(world.upload(jpeg(60, 50))).code == "quota_exceeded"


def asked(world: World, key: str) -> int:
    """A request that asks for work, though not well: it is quick, and it counts."""
    headers = with_key(key, Content_Type=JSON)
    return world.server.ask("POST", "/api/optimize", headers, json_of({})).status
