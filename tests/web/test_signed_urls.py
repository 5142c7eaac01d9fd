"""Signed URLs, referring pages and sources of one account, over a real socket."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.accounts.url_access import UrlAccess
from imgproxy_py.accounts.url_rules import UrlRules
from imgproxy_py.accounts.url_signature import signed_segment
from imgproxy_py.database.database import Database
from imgproxy_py.service.image_url import Signer, image_url
from tests.web.api.accounts import new_account
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.server import USERNAME, Answer, RunningServer, running_server
from tests.web.tinify.calling import basic

LASTING = {"Cache-Control": "max-age=86400, stale-while-revalidate=60, immutable"}


@dataclass(frozen=True, kw_only=True)
class Owner:
    """An account and its signing key."""

    username: str
    api_key: str
    key: Signer

    def target(self, options: str, source: str | None, *, expires: int = 0) -> str:
        signer = Signer(key_id=self.key.key_id, secret=self.key.secret, expires=expires)
        return image_url("", self.username, options, source, signer=signer)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("signed") / "data", REFINE="off") as running:
        yield running


@pytest.fixture(scope="module")
def locked(server: RunningServer) -> Owner:
    return owner(server, UrlRules(requires_signature=True))


def owner(server: RunningServer, rules: UrlRules) -> Owner:
    """An account with these rules from its first request on."""
    holder = new_account(server)

    async def made() -> Owner:
        database = Database(f"sqlite:///{server.data_dir}/imgproxy.db")
        try:
            account = await AccountRepository(database).find(holder.username)
            assert isinstance(account, Account)
            access = UrlAccess(database)
            await access.change(account, rules)
            key = await access.issue(account)
        finally:
            await database.dispose()
        signer = Signer(key_id=key.id, secret=key.secret)
        return Owner(username=account.username, api_key=holder.key, key=signer)

    return asyncio.run(made())


def refusal(answer: Answer) -> str:
    """What a refused requester is told; nobody may keep it."""
    assert (answer.status, answer.headers["Cache-Control"]) == (403, "no-store")
    return answer.body.decode()


def test_a_signed_url_gives_the_picture_and_an_unsigned_one_does_not(
    server: RunningServer, origin: Origin, locked: Owner
) -> None:
    source = origin.put("/photo.jpg", jpeg(), headers=LASTING)

    signed = server.get(locked.target("40", source))
    # It is stored by now: a stored result is no way round the rule.
    unsigned = server.get(f"/{locked.username}/40/{source}")

    assert (signed.status, signed.headers["Content-Type"]) == (200, "image/jpeg")
    assert f'the account "{locked.username}" takes only signed URLs' in refusal(unsigned)


def test_a_refusal_carries_the_code_that_clients_look_for(
    server: RunningServer, origin: Origin, locked: Owner
) -> None:
    answer = server.get(
        f"/{locked.username}/40/{origin.url}/photo.jpg", Accept="application/im2+json"
    )

    assert b'"code": "IM2ACCOUNT"' in answer.body.replace(b'"code":"', b'"code": "')


@pytest.mark.parametrize(
    "source",
    ["/a.jpg?b=1&c=%2F", "/a//b.jpg", "/%2Fa%252F.jpg", "/with space.jpg", "/a,b|c[1].jpg"],
)
def test_whatever_stands_in_a_source_its_signature_holds(
    server: RunningServer, origin: Origin, locked: Owner, source: str
) -> None:
    origin.put(quote(source, safe="/%?&=,|[]"), jpeg())

    answer = server.get(locked.target("41", origin.url + source))

    assert answer.status == 200, answer.body


def test_a_raw_source_with_a_query_is_signed_as_it_is_sent(
    server: RunningServer, origin: Origin, locked: Owner
) -> None:
    origin.put("/raw.jpg?size=1", jpeg())
    rest = f"/42/{origin.url}/raw.jpg?size=1"
    first = signed_segment(
        locked.key.key_id, locked.key.secret, username=locked.username, expires=0, rest=rest
    )

    assert server.get(f"/{first}{rest}").status == 200
    assert "the signature after the username is wrong" in refusal(server.get(f"/{first}{rest}&x"))
    # As PHP's rawurlencode writes the segment.
    assert server.get(f"/{quote(first, safe='')}{rest}").status == 200


def test_no_cache_is_told_to_keep_an_answer_longer_than_its_url_lasts(
    server: RunningServer, origin: Origin, locked: Owner
) -> None:
    source = origin.put("/lasting.jpg", jpeg(), headers=LASTING)

    brief = server.get(locked.target("40", source, expires=int(time.time()) + 100))
    stored = server.get(locked.target("40", source, expires=int(time.time()) + 50))
    lasting = server.get(locked.target("40", source))

    assert 0 < max_age(brief) <= 100
    assert 0 < max_age(stored) <= 50
    assert "immutable" not in str(stored.headers["Cache-Control"])
    assert max_age(lasting) > 80_000


def test_an_expired_url_says_when_it_expired(
    server: RunningServer, origin: Origin, locked: Owner
) -> None:
    target = locked.target("40", f"{origin.url}/photo.jpg", expires=1_700_000_000)

    said = refusal(server.get(target))

    assert "this signed URL was good until 2023-11-14 22:13:20 (UTC)" in said


def test_an_upload_is_refused_before_its_body_is_read(server: RunningServer, locked: Owner) -> None:
    head = f"POST /{locked.username}/40 HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"

    answer = server.raw(head.encode())

    assert answer.startswith(b"HTTP/1.1 403 ")


def test_a_signed_address_takes_uploads(server: RunningServer, locked: Owner) -> None:
    signed = server.ask("POST", locked.target("40", None), {"Content-Type": "image/jpeg"}, jpeg())
    other = locked.target("40", None).replace("/40", "/41")

    assert signed.status == 200
    assert server.ask("POST", other, {"Content-Type": "image/jpeg"}, jpeg()).status == 403


def test_a_nested_url_is_held_against_its_own_account(
    server: RunningServer, origin: Origin, locked: Owner
) -> None:
    source = origin.put("/nested.jpg", jpeg())
    unsigned = f"{server.url}/{locked.username}/60/{source}"
    signed = server.url + locked.target("60", source)

    assert "takes only signed URLs" in refusal(server.get(f"/{USERNAME}/30/{unsigned}"))
    assert server.get(f"/{USERNAME}/30/{signed}").status == 200


def test_pictures_are_shown_on_the_accounts_own_pages_alone(
    server: RunningServer, origin: Origin
) -> None:
    source = origin.put("/page.jpg", jpeg(), headers=LASTING)
    shop = owner(server, UrlRules(allowed_referrers=("shop.com", "*.shop.com")))
    target = f"/{shop.username}/40/{source}"

    assert server.get(target, Referer="https://www.shop.com/cat?x=1").status == 200
    other = refusal(server.get(target, Referer="https://other.net/"))
    assert "the account does not give pictures to pages of other.net" in other
    nobody = refusal(server.get(target))
    assert "the account does not give pictures to requests that name no referring page" in nobody


def test_an_account_fetches_from_its_own_sources_alone(
    server: RunningServer, origin: Origin
) -> None:
    origin.put("/ours/a.jpg", jpeg(), headers=LASTING)
    other = origin.put("/theirs/a.jpg", jpeg(), headers=LASTING)
    origin.put("/ours/away.jpg", b"", status=302, headers={"Location": other})
    shop = owner(server, UrlRules(allowed_sources=(f"{origin.url}/ours/",)))
    server.get(f"/{USERNAME}/40/{other}")  # stored, for whoever may have it

    def ask(path: str) -> Answer:
        return server.get(f"/{shop.username}/40/{origin.url}{path}")

    assert ask("/ours/a.jpg").status == 200
    for path in ("/theirs/a.jpg", "/ours/../theirs/a.jpg", "/ours/away.jpg"):
        assert re.search(r"sources from 127\.0\.0\.1 are not allowed", refusal(ask(path))), path


def test_the_json_api_keeps_to_an_accounts_sources_too(
    server: RunningServer, origin: Origin
) -> None:
    source = origin.put("/json/a.jpg", jpeg())
    shop = owner(server, UrlRules(allowed_sources=("www.shop.com",)))
    body = json.dumps({"url": source}).encode()
    headers = {"X-API-Key": shop.api_key, "Content-Type": "application/json"}

    answer = server.ask("POST", "/api/optimize", headers, body)

    assert (answer.status, json.loads(answer.body)["code"]) == (403, "source_not_allowed")


def max_age(answer: Answer) -> int:
    assert answer.status == 200, answer.body
    found = re.search(r"max-age=(\d+)", str(answer.headers["Cache-Control"]))
    assert found is not None
    return int(found[1])


def test_a_tinify_client_keeps_to_an_accounts_sources_too(
    server: RunningServer, origin: Origin
) -> None:
    shop = owner(server, UrlRules(allowed_sources=(f"{origin.url}/shop/",)))
    ours, theirs = (
        origin.put(path, jpeg(), headers=LASTING) for path in ("/shop/t.jpg", "/other/t.jpg")
    )

    def shrunk(url: str) -> Answer:
        body = json.dumps({"source": {"url": url}}).encode()
        headers = basic(shop.api_key) | {"Content-Type": "application/json"}
        return server.ask("POST", "/shrink", headers, body)

    assert shrunk(ours).status == 201
    refused = shrunk(theirs)
    assert refused.status == 403
    assert json.loads(refused.body)["message"] == (
        "sources from 127.0.0.1 are not allowed for this account"
    )
    assert origin.targets == ["/shop/t.jpg"]
