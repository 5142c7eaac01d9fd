"""Settings: read once, wrong ones refused by name, secrets never shown."""

import subprocess
import sys
from dataclasses import FrozenInstanceError
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.settings import LogFormat, Redirect, Settings, SettingsError
from imgproxy_py.settings.docs import render
from imgproxy_py.settings.row import rows

DOCS = Path(__file__).parent.parent / "docs" / "settings.md"


def load(**values: str) -> Settings:
    return Settings.load({f"IMGPROXY_PY_{name}": text for name, text in values.items()}, None)


def test_without_any_setting_everything_has_its_default() -> None:
    settings = load()

    assert settings == Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.database_url == f"sqlite:///{Path('data').absolute()}/imgproxy.db"
    assert settings.results_url == (Path("data").absolute() / "results").as_uri()
    assert settings.engine_workers >= 1
    assert settings.engine_memory_bytes > 0


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("PORT", "0", 0),
        ("DATA_DIR", "/var/lib/images", Path("/var/lib/images")),
        ("PUBLIC_URL", "https://images.example.com/", "https://images.example.com"),
        ("DATABASE_URL", "sqlite:////tmp/a.db", "sqlite:////tmp/a.db"),
        ("RESULTS_URL", "s3://bucket/prefix", "s3://bucket/prefix"),
        ("ALLOWED_PORTS", "80, 8000-8010", (range(80, 81), range(8000, 8011))),
        ("ALLOWED_NETWORKS", "10.0.0.0/8,::1", (ip_network("10.0.0.0/8"), ip_network("::1"))),
        (
            "ALLOWED_SOURCES",
            "*.Example.com,https://a.example/B/",
            ("*.example.com", "https://a.example/B/"),
        ),
        ("MAX_SOURCE_BYTES", "50000000", 50_000_000),
        ("MAX_SOURCE_BYTES", "50MB", 50_000_000),
        ("MAX_SOURCE_BYTES", "50 MiB", 52_428_800),
        ("ENGINE_MEMORY_BYTES", "1.5gib", 1_610_612_736),
        ("MAX_PIXELS", "1_000", 1000),
        ("HOLD_SECONDS", "2.5", 2.5),
        ("REDIRECT", "never", Redirect.NEVER),
        ("REFINE", "off", False),
        ("LOG_FORMAT", "json", LogFormat.JSON),
        (
            "SECRET_KEYS",
            "b2xkIG9sZCBvbGQgb2xkIG9sZA,bmV3IG5ldyBuZXcgbmV3IG5ldw==",
            (b"old old old old old", b"new new new new new"),
        ),
        ("BOOTSTRAP_USERNAME", "me", "me"),
        ("PORT", "", 8000),
        ("PORT", "  ", 8000),
    ],
)
def test_a_setting_is_read_as_what_it_means(name: str, text: str, value: Any) -> None:
    assert getattr(load(**{name: text}), name.lower()) == value


A_PORT = "give a whole number from 0 to 65535"
SOME_PORTS = "give ports such as 80,443 or ranges such as 8000-8010"
A_CACHE = "give memory:// or memcached://host:11211,host:11211"
LONG_KEYS = "give keys of at least 16 bytes, better 32"
A_HIDDEN_PLACE = (
    "give a path such as /_results-8f2c61d09ab7/: between its slashes 16 to 100 letters, digits, "
    "- or _ that nobody can guess"
)


@pytest.mark.parametrize(
    ("name", "text", "remedy"),
    [
        ("PORT", "http", A_PORT),
        ("PORT", "65536", A_PORT),
        ("PORT", "८०", A_PORT),
        ("MAX_SOURCE_BYTES", "5 potatoes", "give bytes, such as 50000000, 50MB or 50MiB"),
        ("MAX_SOURCE_BYTES", "0", "give at least one byte, and fewer than 4 EiB"),
        ("HOLD_SECONDS", "inf", "give seconds from 0.1 to 3600, such as 25 or 2.5"),
        ("HOLD_SECONDS", "4000", "give seconds from 0.1 to 3600"),
        ("REDIRECT", "maybe", "give one of post-url, always, never"),
        ("REFINE", "yes", "give on or off"),
        ("ALLOWED_PORTS", "80;443", SOME_PORTS),
        ("ALLOWED_PORTS", "90-80", SOME_PORTS),
        (
            "ALLOWED_NETWORKS",
            "10.0.0.1/8",
            "give networks such as 10.0.0.0/8 or fd00::/8: 10.0.0.1/8 has host bits set",
        ),
        (
            "DENIED_SOURCES",
            "a b",
            "give hosts such as *.example.com or URL prefixes such as https://a.example/b/",
        ),
        ("PUBLIC_URL", "images.example", "give a URL that begins with http://, https://"),
        ("PUBLIC_URL", "https://", "give a plain URL such as https://images.example.com"),
        ("BOOTSTRAP_USERNAME", "api", '"api" is reserved and cannot be a username'),
        ("PLANS_FILE", "/nowhere/plans.toml", "give the path of a file that exists"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name_with_the_remedy(
    name: str, text: str, remedy: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(**{name: text})

    assert str(caught.value) == (
        f'one setting is wrong:\n  IMGPROXY_PY_{name}: "{text}" cannot be used; {remedy}'
    )


@pytest.mark.parametrize(
    ("name", "text", "remedy"),
    [
        ("DATABASE_URL", "mysql://me:secret@h", "give a URL that begins with sqlite://"),
        (
            "RESULTS_URL",
            "ftp://k:secret@h",
            "give a URL that begins with file://, s3://, memory://",
        ),
        ("QUEUE_URL", "amqp://me:secret@h", "give a URL that begins with memory://"),
        ("CACHE_URL", "redis://h", A_CACHE),
        ("CACHE_URL", "memcached://", A_CACHE),
        ("CACHE_URL", "memcached://me:secret@h", A_CACHE),
        ("CACHE_URL", "memcached://a,,b", A_CACHE),
        ("CACHE_URL", "memcached://a,a:11211", A_CACHE),
        ("CACHE_URL", "memcached://a:", A_CACHE),
        ("CACHE_URL", "memcached://a:0", A_CACHE),
        ("CACHE_URL", "memcached://a:99999", A_CACHE),
        ("CACHE_URL", "memcached://a/1", A_CACHE),
        ("CACHE_URL", "memory://a", A_CACHE),
        ("ACCEL_REDIRECT", "/secret/", A_HIDDEN_PLACE),
        ("ACCEL_REDIRECT", "/_results-secret-secret", A_HIDDEN_PLACE),
        ("ACCEL_REDIRECT", "/_results-secret/../secret/", A_HIDDEN_PLACE),
        ("SECRET_KEYS", "c2VjcmV0", LONG_KEYS),
        ("SECRET_KEYS", "secret!", "give base64url, such as `openssl rand -base64 32` prints"),
        (
            "BOOTSTRAP_API_KEY",
            "secret",
            "an API key is opt_ and 8 to 200 letters, digits, - or _; better 43 random",
        ),
    ],
)
def test_a_wrong_secret_is_refused_without_being_shown(name: str, text: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(**{name: text})

    assert str(caught.value) == (
        f"one setting is wrong:\n  IMGPROXY_PY_{name}: its value cannot be used; {remedy}"
    )


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load(PORT="x", REFINE="x", BOOTSTRAP_PLAN="gold")

    assert str(caught.value).splitlines() == [
        "3 settings are wrong:",
        '  IMGPROXY_PY_PORT: "x" cannot be used; give a whole number from 0 to 65535',
        '  IMGPROXY_PY_REFINE: "x" cannot be used; give on or off',
        f'  IMGPROXY_PY_BOOTSTRAP_PLAN: there is no plan "gold"; give one of {", ".join(PLANS)}',
    ]


def test_a_plans_file_adds_plans_for_the_first_account(tmp_path: Path) -> None:
    file = tmp_path / "plans.toml"
    file.write_text("[gold]\nkeys = 1\nrequests_per_minute = 1\nimages_per_month = 1\n")

    assert load(PLANS_FILE=str(file), BOOTSTRAP_PLAN="gold").bootstrap_plan == "gold"
    file.write_text("[gold]\n")
    with pytest.raises(SettingsError, match='IMGPROXY_PY_PLANS_FILE: the plan "gold" needs'):
        load(PLANS_FILE=str(file))


def test_an_unknown_name_is_a_warning_with_the_nearest_one() -> None:
    settings = load(PORTS="1", ZZZ="1")

    assert settings.warnings == (
        'unknown setting "IMGPROXY_PY_PORTS" is ignored; did you mean "IMGPROXY_PY_PORT"?',
        'unknown setting "IMGPROXY_PY_ZZZ" is ignored',
    )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "IMGPROXY_PY_PORT=1111\n"
        "export IMGPROXY_PY_HOST='::1'  # quoted, with a remark\n"
        "IMGPROXY_PY_METRICS_TOKEN=$HOME${HOME}\n"
        "IMGPROXY_PY_WORKERS=\n"
        "UNRELATED=1\n"
    )

    settings = Settings.load({"IMGPROXY_PY_PORT": "2222", "IMGPROXY_PY_HOST": ""}, file)

    assert (settings.host, settings.port, settings.workers) == ("::1", 2222, 1)
    assert settings.public_url == "http://[::1]:2222"
    assert settings.metrics_token == "$HOME${HOME}"
    assert settings.warnings == ()


def test_a_missing_file_is_no_file(tmp_path: Path) -> None:
    assert Settings.load({}, tmp_path / ".env") == Settings()


def test_the_real_environment_is_read_when_none_is_handed_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IMGPROXY_PY_PORT", "4321")

    assert Settings.load(env_file=None).port == 4321


def test_no_secret_stands_in_the_repr() -> None:
    shown = repr(
        load(
            SECRET_KEYS="c2VjcmV0c2VjcmV0c2VjcmV0",
            BOOTSTRAP_API_KEY="opt_secretsecret",
            METRICS_TOKEN="secret",
            DATABASE_URL="sqlite:///secret",
            RESULTS_URL="s3://key:secret@bucket",
        )
    )

    assert "secret" not in shown.replace("secret_keys", "")
    assert "port=8000" in shown


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("memory://", ()),
        ("memcached://h1:11211,h2:11212", (("h1", 11_211), ("h2", 11_212))),
        ("memcached://h1, [::1]:5", (("h1", 11_211), ("::1", 5))),
    ],
)
def test_a_memcached_is_named_by_its_hosts_and_ports(
    text: str, servers: tuple[tuple[str, int], ...]
) -> None:
    assert load(CACHE_URL=text).memcached_servers == servers


@pytest.mark.parametrize("results", ["s3://bucket", "memory://"])
def test_only_results_in_a_folder_can_be_handed_over(results: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(ACCEL_REDIRECT="/_results-0123456789/", RESULTS_URL=results)

    assert str(caught.value) == (
        "one setting is wrong:\n  IMGPROXY_PY_ACCEL_REDIRECT: it needs results in a local folder; "
        "leave it out, or give IMGPROXY_PY_RESULTS_URL a URL that begins with file://"
    )
    assert load(ACCEL_REDIRECT="/_results-0123456789/").accel_redirect == "/_results-0123456789/"


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_every_name_that_scripts_rely_on_is_a_setting() -> None:
    names = """
        HOST PORT WORKERS ENGINE_WORKERS DATA_DIR PUBLIC_URL DATABASE_URL RESULTS_URL CACHE_URL
        QUEUE_URL ALLOWED_NETWORKS ALLOWED_PORTS ALLOWED_SOURCES DENIED_SOURCES MAX_SOURCE_BYTES
        MAX_PIXELS MAX_SIDE_PIXELS MAX_FRAMES ENGINE_MEMORY_BYTES RESULTS_MAX_BYTES REDIRECT
        HOLD_SECONDS DEFAULT_TTL_SECONDS RESULT_TTL_SECONDS REFINE BOOTSTRAP_USERNAME
        BOOTSTRAP_API_KEY BOOTSTRAP_PLAN SECRET_KEYS PLANS_FILE LOG_FORMAT METRICS_TOKEN
    """.split()  # noqa: SIM905

    assert set(names) <= {row.name.removeprefix("IMGPROXY_PY_") for row in rows(Settings)}


def test_the_page_of_settings_is_current() -> None:
    assert DOCS.read_text(encoding="utf-8") == render(), (
        "run: python -m imgproxy_py.settings > docs/settings.md"
    )


def test_the_page_is_printed_by_the_module() -> None:
    command = [sys.executable, "-m", "imgproxy_py.settings"]

    printed = subprocess.run(command, capture_output=True, check=True, timeout=60)

    assert printed.stdout.decode() == render()
