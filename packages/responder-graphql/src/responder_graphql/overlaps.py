"""Overlaps: what has to be compared to know that fields of one name can be merged.

(GraphQL specification §5.3.2.) Each field of a selection is compared with each of the same name,
and each fragment with each other, so the rule is quadratic where everything else is linear. The
comparisons are counted here before any is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Level:
    """The fields that are selected beside each other, inline fragments among them.

    Attributes:
        fields: for each name the fields of that name, each by how many fields it has with those
            below it.
        spreads: the fragments that are spread here.
    """

    fields: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    spreads: dict[str, None] = field(default_factory=dict[str, None])

    def add(self, name: str, size: int) -> None:
        """Take in a field."""
        self.fields.setdefault(name, []).append(size)


class Overlaps:
    """Counts the comparisons of a document.

    Args:
        levels: every selection of it.
        fragments: that of each fragment.
    """

    def __init__(self, levels: list[Level], fragments: dict[str, Level]) -> None:
        self._levels = levels
        self._fragments = fragments
        self._reached: dict[str, dict[str, None]] = {}
        self._pairs: set[tuple[str, str]] = set()

    def count(self, most: int) -> int:
        """How many comparisons there are; counted on to a little more than *most*."""
        total = 0
        for level in self._levels:
            spread = self._spread(level, most)
            if spread is None:
                return most + 1
            total += _compare([level, *(self._fragments[name] for name in spread)])
            if total + len(self._pairs) > most:
                break
        return total + len(self._pairs)

    def _spread(self, level: Level, most: int) -> list[str] | None:
        """The fragments that are spread in a selection, by way of others too; None for too many."""
        found: dict[str, None] = {}
        for name in level.spreads:
            found.update(self._reach(name))
        names = sorted(found)
        if len(names) * (len(names) - 1) // 2 > most:
            return None
        for index, name in enumerate(names):
            self._pairs.update((name, other) for other in names[index + 1 :])
        return names

    def _reach(self, name: str) -> dict[str, None]:
        """A fragment and those that it spreads, beside its own fields."""
        known = self._reached.get(name)
        if known is None:
            known = self._reached[name] = {}
            waiting = [name]
            while waiting:
                each = waiting.pop()
                if each in self._fragments and each not in known:
                    known[each] = None
                    waiting.extend(self._fragments[each].spreads)
        return known


def _compare(levels: list[Level]) -> int:
    """The comparisons within selections that are merged.

    Two fields of one name cost what the smaller of them has.
    """
    merged: dict[str, list[int]] = levels[0].fields
    if len(levels) > 1:
        merged = dict[str, list[int]]()
        for level in levels:
            for name, sizes in level.fields.items():
                merged.setdefault(name, []).extend(sizes)
    total = 0
    for sizes in merged.values():
        if len(sizes) > 1:
            last = len(sizes) - 1
            total += sum(size * (last - index) for index, size in enumerate(sorted(sizes)))
    return total
