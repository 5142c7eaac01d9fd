"""Errors of accounts: codes that programs rely on, and no key in any message."""

import pytest

from imgproxy_py.accounts import errors
from imgproxy_py.accounts.api_key import api_key_text, new_plaintext
from imgproxy_py.web.problems import problem_of, status_of

CODES = {
    "UnknownAccount": "IM2ACCOUNT",
    "AccountDisabled": "IM2ACCOUNT",
    "UsernameInvalid": "username_invalid",
    "UsernameTaken": "username_taken",
    "PlanUnknown": "plan_unknown",
    "PlanMissing": "plan_missing",
    "KeyInvalid": "api_key_unusable",
    "KeyNameInvalid": "key_name_invalid",
    "KeyLimitReached": "key_limit_reached",
    "KeyUnknown": "key_unknown",
    "SignatureMissing": "IM2ACCOUNT",
    "SignatureInvalid": "IM2ACCOUNT",
    "SignatureExpired": "IM2ACCOUNT",
    "ReferrerNotAllowed": "IM2ACCOUNT",
    "SigningKeyInvalid": "signing_key_unusable",
    "SigningKeyUnknown": "signing_key_unknown",
    "ReferrerInvalid": "referrer_invalid",
    "KeyAmbiguous": "key_ambiguous",
    "ApiKeyMissing": "api_key_missing",
    "ApiKeyInvalid": "api_key_invalid",
    "PurgeNotAllowed": "purge_not_allowed",
    "QuotaExceeded": "quota_exceeded",
    "RateLimited": "rate_limited",
}
GROUPS = {"AccountError", "AccessError"}


def test_codes_stay_the_same_for_ever() -> None:
    kinds = {
        name: kind.code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.AccountError) and name not in GROUPS
    }

    assert kinds == CODES


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.AccountDisabled("someone"), 403),
        (errors.ApiKeyMissing(), 401),
        (errors.ApiKeyInvalid(), 401),
        (errors.QuotaExceeded(max_images=100, resets_on="2026-12-01"), 402),
        (errors.RateLimited(policy="key", limit=30, retry_after_seconds=7), 429),
        (errors.KeyNameInvalid("too long"), 400),
        (errors.KeyLimitReached(3), 409),
        (errors.PlanMissing("gold"), 403),
    ],
)
def test_the_api_tells_the_code_and_a_status_that_fits(
    error: errors.AccountError, status: int
) -> None:
    told = problem_of(error, asked="/api/optimize")

    assert (told.status, told.code) == (status, error.code)
    assert status_of(error) == status


def test_a_key_of_the_operators_choice_that_cannot_be_is_not_repeated() -> None:
    wrong = new_plaintext() + "!"

    with pytest.raises(errors.KeyInvalid) as caught:
        api_key_text(wrong)

    assert str(caught.value) == (
        "an API key is opt_ and 8 to 200 letters, digits, - or _; better 43 random"
    )


def test_who_gives_a_key_instead_of_its_id_does_not_read_it_again() -> None:
    assert "opt_secret" not in str(errors.KeyUnknown("opt_secret-that-is-long-enough-to-be-one"))


def test_a_large_quota_is_told_as_a_person_writes_it() -> None:
    told = str(errors.QuotaExceeded(max_images=5000, resets_on="2026-12-01"))

    assert told == (
        "the 5,000 images of this month are used up; the quota begins anew on 2026-12-01 (UTC), "
        "and a larger plan has more"
    )
