"""The public names of responder_ratelimit, as an installed package has them."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import types

import pytest

import responder_ratelimit

# What "from ... import" of the language itself leaves in a module.
LEFT_BEHIND = {"TYPE_CHECKING", "annotations"}
# What is imported when it is asked for.
LAZY = {
    *("Ban", "Concurrency"),
    *("Limit", "LimitError", "MemoryStore", "RateLimiter", "RedisStore", "Rule", "SQLiteStore"),
    *("StoreUnavailableError", "by_address", "by_all", "by_header"),
}


def visible_names() -> set[str]:
    """The names without a leading underscore that are no modules."""
    return {
        name
        for name, value in vars(responder_ratelimit).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    } - LEFT_BEHIND


def test_all_is_sorted() -> None:
    assert responder_ratelimit.__all__ == sorted(set(responder_ratelimit.__all__))


def test_every_name_of_all_is_there() -> None:
    missing = [
        name for name in responder_ratelimit.__all__ if not hasattr(responder_ratelimit, name)
    ]

    assert missing == []


def test_nothing_else_is_visible() -> None:
    public = {name for name in responder_ratelimit.__all__ if not name.startswith("_")}

    assert visible_names() | LAZY == public


def test_version_is_that_of_the_distribution() -> None:
    assert responder_ratelimit.__version__ == importlib.metadata.version("responder-ratelimit")


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        responder_ratelimit.nonsense  # noqa: B018 - reading it is the test


def test_the_package_says_that_it_is_typed() -> None:
    assert importlib.resources.files(responder_ratelimit).joinpath("py.typed").is_file()
