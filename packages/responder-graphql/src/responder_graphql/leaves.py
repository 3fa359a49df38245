"""Leaves: what scalars and enums give, held to what JSON has a form for.

A value that it has none for is then an error of its own field, with a path, and null as the schema
says; it would be found when the whole answer is written otherwise, and cost all of it.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from responder_graphql.features import standard_executor

if TYPE_CHECKING:
    from collections.abc import Callable


def holding_to_json(executor: type[Any] | None, write: Callable[[Any], bytes]) -> type[Any]:
    """An executor of graphql-core's, as *executor* or the standard one, that looks at leaves.

    Args:
        executor: that of the program, or None.
        write: what writes the answer.
    """
    base = executor or standard_executor()

    def complete_leaf_value(self: Any, return_type: Any, result: Any) -> Any:  # noqa: ANN401
        value = super(held, self).complete_leaf_value(return_type, result)
        kind = type(value)
        if kind is str:
            if not value.isascii():
                value.encode()  # Half of a surrogate pair raises.
        elif kind is float:
            if not isfinite(value):
                msg = f"JSON has no form for {value!r}"
                raise ValueError(msg)
        elif kind is not int and kind is not bool:
            write(value)
        return value

    held: type[Any] = type(base.__name__, (base,), {"complete_leaf_value": complete_leaf_value})
    return held
