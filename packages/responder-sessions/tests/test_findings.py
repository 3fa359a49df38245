"""What ``responder check`` tells of sessions."""

from __future__ import annotations

import pytest

from responder_core.deployment import Deployment, check_deployment
from responder_sessions import CSRF

OURS = {"session-key", "session-keys", "session-memory", "session-clear", "no-csrf"}


def codes(api, workers=1):
    found = check_deployment(api, Deployment(workers=workers))
    return {each.code: each.level for each in found if each.code in OURS}


def test_what_is_as_it_should_be_is_not_told_of(api_factory):
    assert codes(api_factory(CSRF()), workers=4) == {}
    assert codes(api_factory(CSRF(), store="sqlite"), workers=4) == {}


def test_a_key_of_this_process_is_an_error(api_factory, monkeypatch):
    monkeypatch.delenv("RESPONDER_SECRET_KEY", raising=False)

    api = api_factory(CSRF(), secret_key=None)

    assert codes(api) == {"session-key": "error"}
    assert codes(api, workers=2) == {"session-key": "error", "session-keys": "error"}


@pytest.mark.parametrize(("workers", "expected"), [(1, {}), (2, {"session-memory": "error"})])
def test_sessions_in_memory_need_one_worker(api_factory, workers, expected):
    assert codes(api_factory(CSRF(), store="memory"), workers) == expected


def test_a_cookie_without_https_is_told_of(api_factory):
    assert codes(api_factory(CSRF(), https_only=False)) == {"session-clear": "warning"}


def test_so_is_what_nothing_protects(api_factory):
    assert codes(api_factory()) == {"no-csrf": "note"}
