"""The public names of every package, and the shape of what is made for each request."""

from __future__ import annotations

import importlib
import types

import pytest

import responder
import responder_core
from tests.workspace.members import MEMBERS, Member

# What "from ... import" of the language itself leaves in a module.
LEFT_BEHIND = {"TYPE_CHECKING", "annotations"}

PER_REQUEST = ["Request", "Response"]


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
class TestPackage:
    def test_all_is_sorted(self, member: Member) -> None:
        names: list[str] = importlib.import_module(member.package).__all__

        assert names == sorted(set(names))

    def test_every_name_of_all_is_there(self, member: Member) -> None:
        package = importlib.import_module(member.package)

        assert [name for name in package.__all__ if not hasattr(package, name)] == []

    def test_nothing_else_is_visible(self, member: Member) -> None:
        package = importlib.import_module(member.package)

        hidden = set(vars(package)) - set(package.__all__) - LEFT_BEHIND

        assert [
            name
            for name in sorted(hidden)
            if not name.startswith("_") and not isinstance(vars(package)[name], types.ModuleType)
        ] == []


@pytest.mark.parametrize("package", [responder_core, responder], ids=["core", "meta"])
@pytest.mark.parametrize("name", PER_REQUEST)
def test_per_request_classes_have_no_dict(package: types.ModuleType, name: str) -> None:
    """A __dict__ costs memory and time for each request.

    One class in the line that forgets ``__slots__`` brings it for all below.
    """
    kind: type = getattr(package, name)

    assert [base.__qualname__ for base in kind.__mro__ if "__dict__" in vars(base)] == []
    assert kind.__dictoffset__ == 0


def test_both_packages_have_the_same_words() -> None:
    """Moving between them is one changed import."""
    assert sorted(set(responder_core.__all__) - set(responder.__all__)) == []
