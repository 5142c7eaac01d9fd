"""Every setting, one row each: its type, reader, default and help stand side by side."""
# ruff: noqa: RUF009 (`setting` makes a dataclass field, as `dataclasses.field` does)

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self

from imgproxy_py.accounts.account import username_text
from imgproxy_py.accounts.api_key import api_key_text
from imgproxy_py.accounts.plan import load_plans
from imgproxy_py.settings import load, machine
from imgproxy_py.settings.errors import SettingsError
from imgproxy_py.settings.readers import (
    HIGHEST_PORT,
    Network,
    byte_count,
    cache_url,
    existing_file,
    hidden_location,
    listed,
    memcached_servers,
    network,
    one_of,
    path,
    ports,
    public_url,
    seconds,
    secret_key,
    source_pattern,
    switch,
    text,
    url,
    whole,
)
from imgproxy_py.settings.row import PREFIX, rows, setting

DAY_SECONDS = 86_400
YEAR_SECONDS = 31_536_000  # what RFC 2616, section 14.21, advised not to exceed
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 (a table of spellings)


class Redirect(StrEnum):
    """When a finished result is answered with 303 to its own URL."""

    POST_URL = "post-url"
    ALWAYS = "always"
    NEVER = "never"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


# Headings of the documentation, by the first setting that stands under each.
SECTIONS = {
    "host": "Listening",
    "data_dir": "Where things are kept",
    "allowed_networks": "Fetching sources",
    "max_source_bytes": "Limits of one source image",
    "engine_workers": "The engine",
    "redirect": "Answers",
    "default_ttl_seconds": "Caching",
    "bootstrap_username": "Accounts",
    "log_format": "Watching it run",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What this process was told. Make one with `Settings.load()`, or directly in a test."""

    host: str = setting(text, "127.0.0.1", "The address to listen on.")
    port: int = setting(whole(0, HIGHEST_PORT), 8000, "The port; 0 takes any free one.")
    workers: int = setting(
        whole(1, 1),
        1,
        "Web processes: one, which feeds all engine workers and works on no picture.",
    )
    public_url: str = setting(
        public_url,
        "",
        "How clients reach this server; links are made from it.",
        shown="HOST and PORT",
    )
    drain_seconds: float = setting(
        seconds(0, 3600), 30.0, "How long a stopping server may finish what it has begun."
    )

    data_dir: Path = setting(path, Path("data"), "The folder for everything that is kept here.")
    database_url: str = setting(
        url("sqlite"),
        "",
        "The database: `sqlite:///path`.",
        shown="SQLite in DATA_DIR",
        is_secret=True,
    )
    results_url: str = setting(
        url("file", "s3", "memory"),
        "",
        "Results and sources: `file:///folder`, `s3://bucket/prefix` or `memory://`.",
        shown="`results` in DATA_DIR",
        is_secret=True,
    )
    results_max_bytes: int = setting(
        byte_count,
        10_000_000_000,
        "What is kept there at most; the least recently used goes first, even when its time is "
        "not over. What accounts keep for good does not count and is never removed.",
    )
    kept_source_max_bytes: int = setting(
        byte_count,
        20_000_000,
        "A source of at most this size is kept beside its results while it may be used again, so "
        "that another width of a picture costs no fetch.",
    )
    cache_url: str = setting(
        cache_url,
        "memory://",
        "What processes share for speed: `memcached://host:11211,host:11211`, or `memory://` for "
        "nothing.",
        is_secret=True,
    )
    cache_max_bytes: int = setting(
        byte_count, 64_000_000, "Memory of one web process for records and small results."
    )
    queue_url: str = setting(
        url("memory"),
        "memory://",
        "How news of jobs travel; only `memory://` so far.",
        is_secret=True,
    )
    run_jobs: bool = setting(
        switch,
        True,
        "Whether the server works on jobs itself; off where `imgproxy-py worker` does.",
        shown="on",
    )
    secret_keys: tuple[bytes, ...] = setting(
        listed(secret_key),
        (),
        "Comma list of base64url keys, oldest to newest, from which result URLs are made.",
        shown="made and kept in DATA_DIR",
        is_secret=True,
    )

    allowed_networks: tuple[Network, ...] = setting(
        listed(network), (), "Networks that may be fetched though not public.", shown="none"
    )
    allowed_ports: tuple[range, ...] = setting(
        listed(ports), (range(80, 81), range(443, 444)), "Ports and ranges.", shown="80,443"
    )
    allowed_sources: tuple[str, ...] = setting(
        listed(source_pattern), (), "Hosts (`*.example.com`) or URL prefixes.", shown="all"
    )
    denied_sources: tuple[str, ...] = setting(
        listed(source_pattern),
        (),
        "The same; what stands here is never fetched. What was stored before stays until it is "
        "stale or purged.",
        shown="none",
    )
    connect_seconds: float = setting(seconds(0.1, 600), 5.0, "Limit of connecting to an origin.")
    first_byte_seconds: float = setting(
        seconds(0.1, 600), 15.0, "Limit of waiting for an origin's answer to begin."
    )
    idle_seconds: float = setting(
        seconds(0.1, 600), 10.0, "Longest pause inside an origin's answer or an upload."
    )
    fetch_seconds: float = setting(seconds(0.1, 3600), 60.0, "Limit of one whole fetch or upload.")

    max_source_bytes: int = setting(byte_count, 50_000_000, "The file itself.")
    max_pixels: int = setting(whole(1, 10_000_000_000), 100_000_000, "Width × height × frames.")
    max_side_pixels: int = setting(whole(1, 1_000_000), 10_000, "Width and height.")
    max_frames: int = setting(whole(1, 1_000_000), 1_000, "Frames of an animation.")

    engine_workers: int = setting(
        whole(1, 1024), machine.processors, "Engine processes.", shown="one per processor"
    )
    engine_memory_bytes: int = setting(
        byte_count,
        machine.half_of_memory_bytes,
        "All of them together.",
        shown="half of the memory",
    )
    queue_length: int = setting(
        whole(0, 1_000_000), 128, "Requests that may wait for the engine; more are answered 503."
    )
    refine: bool = setting(
        switch,
        True,
        "Make quick and unfinished results better in idle time; the next request gets them.",
        shown="on",
    )

    redirect: Redirect = setting(
        one_of(Redirect),
        Redirect.POST_URL,
        "When to answer 303 to the result's own URL: `post-url`, `always` or `never`.",
    )
    hold_seconds: float = setting(
        seconds(0.1, 3600), 25.0, "The longest wait on one hop; then 303 to where it goes on."
    )
    client_hints: bool = setting(
        switch,
        False,
        "Whether `Sec-CH-DPR`, `Sec-CH-Width` and `Save-Data` fill in what a URL leaves open.",
        shown="off",
    )
    accel_redirect: str = setting(
        hidden_location,
        "",
        "The location by which an nginx in front, which names it in `X-Accel-Capable`, sends large "
        "stored results itself (cdn.md). Results must lie in a local folder.",
        shown="off",
        is_secret=True,
    )

    default_ttl_seconds: int = setting(
        whole(0, YEAR_SECONDS), DAY_SECONDS, "Freshness of a source whose origin says nothing."
    )
    max_ttl_seconds: int = setting(
        whole(0, YEAR_SECONDS), YEAR_SECONDS, "The most that an origin's word counts for."
    )
    result_ttl_seconds: int = setting(
        whole(1, YEAR_SECONDS),
        DAY_SECONDS,
        "How long the URL of a result of the JSON API answers after it was asked for last; "
        "`storage_commit=true` keeps a result for good.",
    )
    job_ttl_seconds: int = setting(
        whole(1, 10 * YEAR_SECONDS),
        90 * DAY_SECONDS,
        "How long jobs and batches can be looked at after their end; then their rows are removed.",
    )

    bootstrap_username: str | None = setting(
        username_text, None, "The account made at first start.", shown="made up and printed once"
    )
    bootstrap_api_key: str | None = setting(
        api_key_text,
        None,
        "Its API key, `opt_` and 43 random characters.",
        shown="made up and printed once",
        is_secret=True,
    )
    bootstrap_plan: str = setting(text, "unlimited", "Its plan.")
    plans_file: Path | None = setting(
        existing_file, None, "A TOML file whose tables replace or add plans.", shown="none"
    )
    purge_accounts: tuple[str, ...] = setting(
        listed(text),
        (),
        "Usernames whose keys may purge; `*` for all of them.",
        shown="the first account",
    )

    log_format: LogFormat = setting(one_of(LogFormat), LogFormat.TEXT, "`text` or `json`.")
    metrics_token: str | None = setting(
        text,
        None,
        "Reserved, without effect yet: what `/metrics` will ask for.",
        shown="none",
        is_secret=True,
    )

    # Remarks for the operator's log, about names that are not settings.
    warnings: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        # Defaults that follow other settings. A frozen instance is finished here and only here.
        self._fill("public_url", f"http://{ANY_ADDRESS.get(self.host, self._url_host)}:{self.port}")
        self._fill("database_url", f"sqlite:///{self.data_dir.absolute()}/imgproxy.db")
        self._fill("results_url", (self.data_dir / "results").absolute().as_uri())

    @property
    def _url_host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def memcached_servers(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each; none when CACHE_URL names no memcached."""
        return memcached_servers(self.cache_url)

    def _fill(self, name: str, default: str) -> None:
        if not getattr(self, name):
            object.__setattr__(self, name, default)

    @classmethod
    def load(
        cls, environ: Mapping[str, str] | None = None, env_file: Path | None = Path(".env")
    ) -> Self:
        """Read the environment and `env_file`; SettingsError names every wrong value at once."""
        given = load.read(rows(cls), environ=environ, env_file=env_file)
        problems = [
            *given.problems,
            *_plan_problems(given.values),
            *_accel_problems(given.values),
        ]
        if problems:
            raise SettingsError(problems)
        return cls(**given.values, warnings=given.warnings)


def _accel_problems(values: Mapping[str, object]) -> list[str]:
    """nginx can only send what is a file beside it."""
    results_url = str(values.get("results_url", "file://"))
    if not values.get("accel_redirect") or results_url.startswith("file://"):
        return []
    remedy = f"leave it out, or give {PREFIX}RESULTS_URL a URL that begins with file://"
    return [f"{PREFIX}ACCEL_REDIRECT: it needs results in a local folder; {remedy}"]


def _plan_problems(values: Mapping[str, object]) -> list[str]:
    """What is wrong with the plans file, or with the first account's plan among its plans."""
    file = values.get("plans_file")
    try:
        plans = load_plans(file if isinstance(file, Path) else None)
    except ValueError as error:
        return [f"{PREFIX}PLANS_FILE: {error}"]
    wanted = values.get("bootstrap_plan", "unlimited")
    if wanted in plans:
        return []
    return [f'{PREFIX}BOOTSTRAP_PLAN: there is no plan "{wanted}"; give one of {", ".join(plans)}']
