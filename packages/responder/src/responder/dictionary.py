"""Dictionaries: one whose keys are found in any case, as older programs use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from typing_extensions import Self

V = TypeVar("V")


class CaseInsensitiveDict(MutableMapping[str, V]):  # noqa: PLW1641 - as dict, it has no hash
    """A dictionary that finds its keys in any case, and keeps the one they were given in.

    ``CaseInsensitiveDict({"Accept": 1})["accept"] == 1``. Header fields are another one, which
    knows of repeated ones, too: ``req.headers``, ``resp.headers``.
    """

    def __init__(self, given: Mapping[str, V] | Iterable[tuple[str, V]] = (), /, **more: V) -> None:
        self._items: dict[str, tuple[str, V]] = {}
        self.update(given, **more)

    def __getitem__(self, key: str) -> V:
        return self._items[key.lower()][1]

    def __setitem__(self, key: str, value: V) -> None:
        self._items[key.lower()] = key, value

    def __delitem__(self, key: str) -> None:
        del self._items[key.lower()]

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        theirs = cast("Mapping[object, object]", other)
        mine = {key.lower(): value for key, value in self.items()}
        return mine == {str(key).lower(): value for key, value in theirs.items()}

    def __or__(self, other: Mapping[str, V]) -> Self:
        both = self.copy()
        both.update(other)
        return both

    def __ior__(self, other: Mapping[str, V]) -> Self:
        self.update(other)
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self.items())!r})"

    def copy(self) -> Self:
        """Another one with the same items."""
        return type(self)(self)
