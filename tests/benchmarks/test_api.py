"""The benchmark of the API measures what it says, and its limit holds by far."""

import json
from pathlib import Path

from benchmarks.api import LIMIT_MS, Bench
from benchmarks.api_sides import both_sides
from imgproxy_py.web.api.form import JSON


async def test_keys_limits_quota_and_usage_cost_less_than_their_limit(tmp_path: Path) -> None:
    async with both_sides(tmp_path) as sides:
        url = f"{sides.public_url}/static/sample.jpg"
        body = json.dumps({"url": url, "width": 64}).encode()

        figures = await Bench(sides=sides).measure(body, JSON, rounds=5, calls=50)

    assert figures.without > 0.01
    assert figures.difference < LIMIT_MS
