"""Values: what documents are made of, told apart so that type checkers follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_table(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is an object of JSON."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether a value is an array of JSON; a program may have a tuple for it."""
    return isinstance(value, (list, tuple))
