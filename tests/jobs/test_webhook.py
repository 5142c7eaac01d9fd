"""How callbacks are signed and when they are tried again."""

import base64
from datetime import timedelta

import pytest

from imgproxy_py.jobs.webhook import (
    BACKOFF_SECONDS,
    MAX_ATTEMPTS,
    account_secret,
    is_delivered,
    secret_text,
    signed_headers,
    wait_after,
)

# The example that the libraries of Standard Webhooks test themselves with.
SECRET = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def headers_for(*secrets: bytes, body: bytes = BODY) -> dict[str, str]:
    return dict(
        signed_headers(
            body,
            message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp=1614265330,
            secrets=secrets,
        )
    )


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    assert headers_for(SECRET) == {
        "Content-Type": "application/json",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_a_changed_body_has_another_signature() -> None:
    changed = headers_for(SECRET, body=BODY.replace(b"4", b"5"))

    assert changed["webhook-signature"] != SIGNATURE


def test_while_keys_change_there_is_a_signature_for_each() -> None:
    signatures = headers_for(b"newest", SECRET)["webhook-signature"].split(" ")

    assert signatures[1] == SIGNATURE
    assert signatures[0] == headers_for(b"newest")["webhook-signature"]


def test_accounts_have_secrets_of_their_own_of_the_length_that_libraries_take() -> None:
    server = b"s" * 32
    secrets = {account_secret(server, name * 32) for name in "abc"}

    assert len(secrets) == 3
    assert account_secret(server, "a" * 32) in secrets
    assert account_secret(b"t" * 32, "a" * 32) not in secrets
    text = secret_text(account_secret(server, "a" * 32))
    assert text.startswith("whsec_")
    assert len(base64.b64decode(text.removeprefix("whsec_"))) == 32


@pytest.mark.parametrize(
    ("status", "is_taken"), [(200, True), (204, True), (299, True), (199, False), (302, False)]
)
def test_only_a_2xx_means_that_it_was_taken(status: int, is_taken: bool) -> None:
    assert is_delivered(status) is is_taken


def test_five_attempts_are_spread_over_about_an_hour() -> None:
    waits = [wait_after(attempt, 500, random=lambda: 0.5) for attempt in range(1, MAX_ATTEMPTS)]
    total = sum((wait for wait in waits if wait is not None), timedelta())

    assert MAX_ATTEMPTS == 5
    assert timedelta(minutes=55) < total < timedelta(minutes=70)
    assert waits == sorted(wait for wait in waits if wait is not None)
    assert wait_after(MAX_ATTEMPTS, 500, random=lambda: 0.5) is None


def test_receivers_that_failed_together_are_not_called_together_again() -> None:
    soonest = wait_after(1, None, random=lambda: 0.0)
    latest = wait_after(1, None, random=lambda: 1.0)

    assert soonest == timedelta(seconds=BACKOFF_SECONDS[0])
    assert latest == soonest * 1.1


def test_nobody_is_called_again_who_says_gone() -> None:
    assert wait_after(1, 410, random=lambda: 0) is None
