"""What can be wrong with an account, or with what was asked of it.

ImgproxyError
└── AccountError
    ├── AccessError           the requester may not come in; carries IM2ACCOUNT
    │   ├── UnknownAccount    no account has this username
    │   └── AccountDisabled   the account was switched off
    ├── UsernameInvalid       a text that can be no username
    ├── UsernameTaken         another account has it already
    ├── PlanUnknown           no plan has this name
    ├── KeyInvalid            a text that can be no API key
    ├── KeyLimitReached       the plan allows no more keys
    └── KeyUnknown            the account has no such key
"""

from typing import ClassVar

from imgproxy_py.errors import ImgproxyError


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
        super().__init__(f'the account has no active key "{key_id}"')
