"""The public names of responder_core, as an installed package has them."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import types

import pytest

import responder_core

NAMES = [
    "API",
    "Convertor",
    "Cookie",
    "DependencyCycleError",
    "DependencyError",
    "DependencyResolutionError",
    "DependencyScopeError",
    "Depends",
    "Extension",
    "File",
    "Form",
    "HTTPException",
    "Header",
    "Limits",
    "MissingKeyError",
    "Path",
    "PathTemplateError",
    "Problem",
    "Query",
    "QueryDict",
    "ReplayBuffer",
    "Request",
    "Response",
    "ResultError",
    "Route",
    "RouteConflictError",
    "RouteNotFoundError",
    "RouteOptions",
    "Router",
    "SSE",
    "UploadFile",
    "ViewError",
    "WebSocket",
    "WebSocketRoute",
    "__version__",
    "abort",
    "finding",
]

# What "from ... import" of the language itself leaves in a module.
LEFT_BEHIND = {"TYPE_CHECKING", "annotations"}


def test_the_names_are_these():
    """A name that is gone, renamed or new is a change of what users build on."""
    assert responder_core.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there(name):
    assert getattr(responder_core, name) is not None


def test_nothing_else_is_visible():
    visible = {
        name
        for name, value in vars(responder_core).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }

    assert sorted(visible - set(NAMES) - LEFT_BEHIND) == []


def test_version_is_that_of_the_distribution():
    assert responder_core.__version__ == importlib.metadata.version("responder-core")


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'responder_core' has no attribute 'nonsense'"):
        responder_core.nonsense  # noqa: B018 - reading it is the test


def test_the_package_says_that_it_is_typed():
    assert importlib.resources.files(responder_core).joinpath("py.typed").is_file()


@pytest.mark.parametrize(
    ("name", "bases"),
    [
        ("Problem", ["HTTPException"]),
        ("MissingKeyError", ["Problem", "HTTPException", KeyError]),
        ("PathTemplateError", [ValueError]),
        ("RouteConflictError", [ValueError]),
        ("RouteNotFoundError", [LookupError]),
        ("ViewError", [TypeError]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_is_what_callers_catch_it_as(name, bases):
    error = getattr(responder_core, name)

    for base in bases:
        assert issubclass(error, getattr(responder_core, base) if isinstance(base, str) else base)
