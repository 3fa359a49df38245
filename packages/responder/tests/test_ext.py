"""The names of older programs: each is the same object as the new one."""

import importlib

import pytest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("responder.ext.graphql", "responder_graphql"),
        ("responder.ext.logging", "responder_core.logs"),
        ("responder.ext.metrics", "responder_core.metrics"),
        ("responder.ext.openapi", "responder_openapi"),
        ("responder.ext.ratelimit", "responder_ratelimit"),
        ("responder.ext.sessions", "responder_sessions"),
    ],
)
def test_old_and_new_name_are_the_same_object(old, new):
    before, now = importlib.import_module(old), importlib.import_module(new)

    assert before.__all__
    assert all(getattr(before, name) is getattr(now, name) for name in before.__all__)
