"""`imgproxy-py worker` and `account webhook-secret`, as an operator meets them."""

import base64
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.cli.webhook_secret import webhook_secret
from imgproxy_py.cli.worker import worker
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.jobs.webhook import account_secret

KEYS = [base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2)]


@pytest.fixture
async def account_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMGPROXY_PY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("IMGPROXY_PY_SECRET_KEYS", ",".join(KEYS))
    url = f"sqlite:///{tmp_path}/imgproxy.db"
    await migrate(url)
    database = Database(url)
    account = await AccountRepository(database).create("user", plan="free")
    await database.dispose()
    return account.id


def test_the_secret_is_the_one_that_callbacks_are_signed_with_first(account_id: str) -> None:
    ended = CliRunner().invoke(webhook_secret, ["user"])
    as_json = CliRunner().invoke(webhook_secret, ["user", "--json"])

    newest = account_secret(bytes([2]) * 32, account_id)
    assert ended.output == f"whsec_{base64.b64encode(newest).decode()}\n"
    assert json.loads(as_json.output) == {
        "account": "user",
        "webhook_secret": ended.output.strip(),
    }


def test_an_account_that_is_not_there_is_said_so(account_id: str) -> None:
    ended = CliRunner().invoke(webhook_secret, ["nobody"])

    assert (ended.exit_code, ended.stderr) == (1, 'there is no account named "nobody"\n')


def test_a_worker_refuses_a_store_that_nobody_else_sees(
    account_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGPROXY_PY_RESULTS_URL", "memory://")

    ended = CliRunner().invoke(worker, [])

    assert ended.exit_code == 2
    assert re.fullmatch(
        r"imgproxy-py worker cannot start: RESULTS_URL is memory://, which only one process "
        r"sees; give a folder or a bucket that the server has too\n",
        ended.stderr,
    )
