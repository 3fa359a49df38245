"""Which secrets are keys, and which are none."""

from __future__ import annotations

import secrets

import pytest

from responder_sessions import SecretKeyError, Sessions
from responder_sessions.keys import check_keys

GOOD = "x8vJ2mQ0sLw7TzR4"


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "has 0 characters"),
        ("short", "has 5 characters"),
        ("a" * 40, "too few different characters"),
        ("change-me change-me", "is a placeholder"),
        ("your-secret-key-here", "is a placeholder"),
        ("NOTASECRET NOTASECRET", "is a placeholder"),
        (12345678901234567890, "is int, not str"),
    ],
)
def test_a_weak_key_is_refused_with_how_to_make_a_good_one(key, told):
    with pytest.raises(SecretKeyError, match=told) as failure:
        Sessions(secret_key=[key])

    assert "token_urlsafe(32)" in str(failure.value)
    assert str(key) not in str(failure.value) or not key


def test_no_key_at_all_is_refused():
    with pytest.raises(SecretKeyError, match="is empty"):
        Sessions(secret_key=[])


def test_the_message_says_which_of_several_is_weak():
    with pytest.raises(SecretKeyError, match="secret key 2 has 4 characters"):
        Sessions(secret_key=[GOOD, "weak"])


def test_one_that_signs_nothing_is_refused_too():
    with pytest.raises(SecretKeyError, match="has 4 characters"):
        Sessions(secret_key="weak", store="memory")


def test_what_the_message_recommends_is_good():
    key = secrets.token_urlsafe(32)

    assert check_keys(key) == (key,)


class TestEnvironment:
    def test_the_key_may_be_there(self, monkeypatch):
        monkeypatch.setenv("RESPONDER_SECRET_KEY", f"{GOOD}, {GOOD}old")

        assert not Sessions().has_random_key

    def test_a_weak_one_there_is_refused(self, monkeypatch):
        monkeypatch.setenv("RESPONDER_SECRET_KEY", "weak")

        with pytest.raises(SecretKeyError, match="has 4 characters"):
            Sessions()

    def test_without_one_a_key_is_made_for_the_process_and_that_is_said(self, monkeypatch, caplog):
        monkeypatch.delenv("RESPONDER_SECRET_KEY", raising=False)

        sessions = Sessions()

        assert sessions.has_random_key
        (record,) = caplog.records
        assert "sessions end with this process" in record.getMessage()

    def test_strict_refuses_to_start_without_one(self, monkeypatch):
        monkeypatch.delenv("RESPONDER_SECRET_KEY", raising=False)

        with pytest.raises(SecretKeyError, match="has no secret key"):
            Sessions(strict=True)
