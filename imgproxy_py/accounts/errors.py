"""What can be wrong with an account, or with what was asked of it.

ImgproxyError
└── AccountError
    ├── AccessError           the requester may not come in; carries IM2ACCOUNT
    │   ├── UnknownAccount    no account has this username
    │   ├── AccountDisabled   the account was switched off
    │   ├── SignatureMissing  the account takes only signed URLs
    │   ├── SignatureInvalid  a signature that does not fit its URL
    │   ├── SignatureExpired  a signed URL whose time is over
    │   └── ReferrerNotAllowed  a page that may not show the account's pictures
    ├── UsernameInvalid       a text that can be no username
    ├── UsernameTaken         another account has it already
    ├── PlanUnknown           no plan has this name
    ├── PlanMissing           the account's plan has gone from the table
    ├── KeyInvalid            a text that can be no API key
    ├── KeyNameInvalid        a text that can be no name of a key
    ├── KeyLimitReached       the plan allows no more keys
    ├── SigningKeyInvalid     a text that can be no key for signing URLs
    ├── SigningKeyUnknown     the account has no such key for signing URLs
    ├── ReferrerInvalid       a text that can be no pattern of referrers
    ├── KeyUnknown            the account has no such key
    ├── KeyAmbiguous          several keys could be meant
    ├── ApiKeyMissing         the API was asked without a key
    ├── ApiKeyInvalid         no active key is this one
    ├── PurgeNotAllowed       the account may not purge what is stored
    ├── QuotaExceeded         the month's images are used up
    └── RateLimited           more requests than the plan allows in a minute
"""

from datetime import datetime
from typing import ClassVar

from imgproxy_py.errors import ImgproxyError
from imgproxy_py.telemetry.redact import redacted


class AccountError(ImgproxyError):
    """An account cannot be used as asked. `is_access_error` means that nobody came in."""

    code = "account_error"
    is_access_error: ClassVar[bool] = False


class AccessError(AccountError):
    """Clients of the URL surface look for exactly this code to tell ours from an origin's 403."""

    code = "IM2ACCOUNT"
    is_access_error = True


class UnknownAccount(AccessError):
    """No account has this username."""

    def __init__(self, username: str) -> None:
        super().__init__(f'there is no account named "{username}"')


class AccountDisabled(AccessError):
    """The account was switched off by the operator."""

    def __init__(self, username: str) -> None:
        super().__init__(f'the account "{username}" is disabled')


class SignatureMissing(AccessError):
    """The account takes only signed URLs."""

    def __init__(self, username: str) -> None:
        super().__init__(
            f'the account "{username}" takes only signed URLs, '
            f"/{username}:KEY.EXPIRES.SIGNATURE/…; imgproxy-py sign makes them"
        )


class SignatureInvalid(AccessError):
    """A signature that does not fit its URL; `reason` says what is wrong with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the signature after the username is wrong: {reason}")


class SignatureExpired(AccessError):
    """A signed URL whose time is over."""

    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"this signed URL was good until {expired_at:%Y-%m-%d %H:%M:%S} (UTC)")


class ReferrerNotAllowed(AccessError):
    """A page that may not show the account's pictures; `host` is None where none is named.

    No host name has more than 253 characters (RFC 1035, section 2.3.4): the rest is not repeated.
    """

    def __init__(self, host: str | None) -> None:
        named = None if host is None else f"pages of {host[:253]}"
        pages = "requests that name no referring page" if named is None else named
        super().__init__(f"the account does not give pictures to {pages}")


class SigningKeyInvalid(AccountError, ValueError):
    """The text cannot be a key for signing URLs."""

    code = "signing_key_unusable"

    def __init__(self) -> None:
        super().__init__("a signing key is 32 bytes in base64url: 43 letters, digits, - or _")


class SigningKeyUnknown(AccountError):
    """The account has no such signing key, or it was revoked before."""

    code = "signing_key_unknown"

    def __init__(self, key_id: str) -> None:
        super().__init__(f'the account has no active signing key "{redacted(key_id)}"')


class ReferrerInvalid(AccountError, ValueError):
    """The text cannot be a pattern of referrers."""

    code = "referrer_invalid"

    def __init__(self, text: str) -> None:
        super().__init__(
            f'"{text}" is no host of referring pages; write www.example.com, *.example.com or none'
        )


class UsernameInvalid(AccountError, ValueError):
    """The text cannot be a username."""

    code = "username_invalid"


class UsernameTaken(AccountError):
    """Another account has this username already."""

    code = "username_taken"

    def __init__(self, username: str) -> None:
        super().__init__(f'there is already an account named "{username}"')


class PlanUnknown(AccountError):
    """No plan has this name."""

    code = "plan_unknown"

    def __init__(self, plan: str, known: tuple[str, ...]) -> None:
        super().__init__(f'there is no plan "{plan}"; there are {", ".join(known)}')


class PlanMissing(AccountError):
    """The account is on a plan that the table no longer has."""

    code = "plan_missing"

    def __init__(self, plan: str) -> None:
        super().__init__(
            f'this server no longer has the plan "{plan}" of this account; whoever runs it has to '
            "give the account another one"
        )


class KeyNameInvalid(AccountError, ValueError):
    """The text cannot be the name of a key."""

    code = "key_name_invalid"


class KeyInvalid(AccountError, ValueError):
    """The text cannot be an API key."""

    code = "api_key_unusable"


class KeyLimitReached(AccountError):
    """The account's plan allows no more keys."""

    code = "key_limit_reached"

    def __init__(self, max_keys: int) -> None:
        keys = "one key" if max_keys == 1 else f"{max_keys} keys"
        super().__init__(f"the plan allows {keys} at a time; revoke one first")


class KeyUnknown(AccountError):
    """The account has no such key, or it was revoked before."""

    code = "key_unknown"

    def __init__(self, key_id: str) -> None:
        # Whoever gives the key itself instead of its id shall not find it in a log.
        super().__init__(f'the account has no active key "{redacted(key_id)}"')


class KeyAmbiguous(AccountError):
    """Several active keys could be meant."""

    code = "key_ambiguous"

    def __init__(self, text: str, count: int) -> None:
        super().__init__(f'{count} active keys are called "{text}"; name one by its id')


class ApiKeyMissing(AccountError):
    """The API was asked without a key."""

    code = "api_key_missing"

    def __init__(self) -> None:
        super().__init__(
            "this address needs an API key: send it as X-API-Key: opt_… or as "
            "Authorization: Bearer opt_…"
        )


class ApiKeyInvalid(AccountError):
    """No active key is this one. Says nothing of what is wrong with it."""

    code = "api_key_invalid"

    def __init__(self) -> None:
        super().__init__(
            "this API key is unknown or has been revoked; imgproxy-py key create makes a new one"
        )


class PurgeNotAllowed(AccountError):
    """The account may not purge: whoever asks next for what was purged pays for it anew."""

    code = "purge_not_allowed"

    def __init__(self, username: str) -> None:
        super().__init__(
            f'the account "{username}" may not purge; whoever runs this server can allow it with '
            "the setting PURGE_ACCOUNTS"
        )


class QuotaExceeded(AccountError):
    """The month's images are used up, until `resets_on`, `2026-12-01` in UTC."""

    code = "quota_exceeded"

    def __init__(self, *, max_images: int, resets_on: str) -> None:
        self.resets_on = resets_on
        images = "one image" if max_images == 1 else f"{max_images:,} images"
        super().__init__(
            f"the {images} of this month {'is' if max_images == 1 else 'are'} used up; the quota "
            f"begins anew on {resets_on} (UTC), and a larger plan has more"
        )


class RateLimited(AccountError):
    """More requests than the plan allows in a minute."""

    code = "rate_limited"

    def __init__(self, *, policy: str, limit: int, retry_after_seconds: int) -> None:
        super().__init__(
            f"more than {limit} requests a minute for this {policy}; try again in "
            f"{retry_after_seconds} s"
        )
        self.retry_after_seconds = retry_after_seconds
