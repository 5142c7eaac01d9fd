"""Who may ask for what, decided before anything is looked up: account, signature, page, source."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.url_rules import UrlRules
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, SourceAnswer
from imgproxy_py.sources.errors import SourceNotAllowed
from imgproxy_py.sources.patterns import SourcePattern, read_patterns
from imgproxy_py.sources.url import read_source_url


class Accounts(Protocol):
    """Whoever knows which usernames may ask."""

    async def find(self, username: str) -> Account: ...


class Access(Protocol):
    """Whoever knows the rules of an account's URLs."""

    async def rules(self, account_id: str) -> UrlRules: ...


class NoRules:
    """Every account's URLs are open, as long as nobody says otherwise."""

    async def rules(self, account_id: str) -> UrlRules:
        return UrlRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Raises AccessError for who may not come in, SourceNotAllowed for what may not be fetched."""

    accounts: Accounts
    access: Access = field(default_factory=NoRules)

    async def by_url(self, request: Request) -> tuple[Account, Request]:
        """The account of a request that came by URL, and the request with its account's limits."""
        account = await self.accounts.find(request.username)
        rules = await self.access.rules(account.id)
        signature = rules.check_signature(request.username, request.signature, request.signed_rest)
        rules.check_referrer(request.referrer)
        request = _within(rules, request)
        if signature is None or not signature.expires:
            return account, request
        return account, replace(request, url_expires_at=float(signature.expires))

    async def by_key(self, account: Account, request: Request) -> Request:
        """The request of an account that has shown its API key."""
        return _within(await self.access.rules(account.id), request)


def while_url_lasts(answer: Answer, request: Request) -> Answer:
    """What came by a signed URL is no longer fresh, in any cache, once that URL has expired."""
    if request.url_expires_at is None or isinstance(answer, SourceAnswer):
        return answer
    return replace(answer, freshness=answer.freshness.ending_by(request.url_expires_at))


def _within(rules: UrlRules, request: Request) -> Request:
    if not rules.allowed_sources or request.source_url is None:
        return request
    allowed = _patterns(rules.allowed_sources)
    url = read_source_url(request.source_url)
    if not any(pattern.covers_all(url) for pattern in allowed):
        raise SourceNotAllowed(f"sources from {url.host} are not allowed for this account")
    return replace(request, allowed_sources=allowed)


@lru_cache(maxsize=1024)
def _patterns(texts: tuple[str, ...]) -> tuple[SourcePattern, ...]:
    return read_patterns(",".join(texts))
