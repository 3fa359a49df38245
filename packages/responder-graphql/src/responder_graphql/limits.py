"""Limits: what one operation may ask for, each looked at before anything is executed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class FieldCost:
    """A field whose cost is asked for.

    Attributes:
        parent: the type that has it, ``"Query"``.
        name: the field, ``"users"``.
        arguments: the values of its arguments as the resolver gets them, those of variables and
            defaults put in; ``{"first": 10}``. One that the client sends as null is None.
        children: the cost of what is selected below it.
    """

    parent: str
    name: str
    arguments: Mapping[str, Any]
    children: int


Cost: TypeAlias = Callable[[FieldCost], int]
"""What a field costs, with what is below it: ``lambda field: 1 + 10 * field.children``.

Less than 0 counts as 0.
"""


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What one operation may cost. None switches a limit off.

    ::

        def cost(field: FieldCost) -> int:
            return 1 + (field.arguments.get("first") or 1) * field.children


        QueryLimits(depth=8, cost=cost)

    Fragments count as often as they are spread, and are looked at once. Trusted documents are
    measured by nothing but *seconds*.

    Attributes:
        bytes: the document, in UTF-8.
        lines: of the document. Each error of a field tells its line, which is found by counting.
        tokens: its words and signs, comments among them.
        depth: how deep fields may nest. 15 has room for the introspection of GraphiQL.
        aliases: fields that are given another name.
        root_fields: the fields of the operation itself.
        directives: ``@skip`` and its like.
        overlaps: fields of one name in one selection, each counted with each, and fragments that
            are spread beside each other, likewise: they have to be compared.
        complexity: what all fields cost together; each costs 1 unless *cost* says otherwise.
        cost: what a field costs, with what is below it.
        seconds: how long a query or a mutation may take; a subscription, until it begins; a
            batch, all of it. What waits is ended then; a resolver that blocks is not.
    """

    bytes: int | None = 64 * 1024
    lines: int | None = 2000
    tokens: int | None = 2000
    depth: int | None = 15
    aliases: int | None = 30
    root_fields: int | None = 30
    directives: int | None = 50
    overlaps: int | None = 2000
    complexity: int | None = 1000
    cost: Cost | None = None
    seconds: float | None = 30.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value: object = getattr(self, field.name)
            if value is None:
                continue
            if field.name == "cost":
                if not callable(value):
                    msg = f"QueryLimits(cost=) is a function of a FieldCost, not {value!r}"
                    raise TypeError(msg)
                continue
            kinds = (int, float) if field.name == "seconds" else (int,)
            if isinstance(value, bool) or not isinstance(value, kinds) or value <= 0:
                msg = f"QueryLimits({field.name}=) is a number above 0, or None, not {value!r}"
                raise ValueError(msg)
