"""The public names of responder, as an installed package has them."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import types

import pytest

import responder
import responder_core

# What "from ... import" of the language itself leaves in a module.
LEFT_BEHIND = {"TYPE_CHECKING", "annotations"}

# What responder has of its own, under the same words as the core's.
OWN = {"API", "Request", "Response", "RouteOptions", "WebSocket", "__version__"}


def test_all_is_sorted():
    assert responder.__all__ == sorted(set(responder.__all__))


@pytest.mark.parametrize("name", responder_core.__all__)
def test_every_word_of_the_core_is_here(name):
    """Moving from one to the other is one changed import."""
    assert name in responder.__all__


@pytest.mark.parametrize("name", sorted(set(responder_core.__all__) - OWN))
def test_a_word_is_the_same_object_as_in_the_core(name):
    assert getattr(responder, name) is getattr(responder_core, name)


@pytest.mark.parametrize("name", sorted(OWN - {"__version__", "RouteOptions"}))
def test_a_word_of_its_own_is_a_subclass_of_the_cores(name):
    assert issubclass(getattr(responder, name), getattr(responder_core, name))


def test_route_options_has_every_keyword_of_the_core():
    assert responder.RouteOptions.__optional_keys__ >= responder_core.RouteOptions.__optional_keys__


def test_nothing_else_is_visible():
    visible = {
        name
        for name, value in vars(responder).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }

    assert sorted(visible - set(responder.__all__) - LEFT_BEHIND) == []


def test_version_is_that_of_the_distribution():
    assert responder.__version__ == importlib.metadata.version("responder")


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'responder' has no attribute 'nonsense'"):
        responder.nonsense  # noqa: B018 - reading it is the test


def test_the_package_says_that_it_is_typed():
    assert importlib.resources.files(responder).joinpath("py.typed").is_file()
