"""Suggestions: what somebody may have meant."""

import pytest

from responder_core.suggestions import suggest


@pytest.mark.parametrize(
    ("name", "hint"),
    [("rate_limt", "; did you mean 'rate_limit'?"), ("zzz", ""), ("", "")],
)
def test_one_that_is_near_is_named(name, hint):
    assert suggest(name, (each for each in ("methods", "rate_limit"))) == hint
