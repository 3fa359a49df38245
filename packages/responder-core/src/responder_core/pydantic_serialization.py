"""Serialization by pydantic: results of its types as JSON, and an error where a field is wrong."""

from __future__ import annotations

import sys
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from responder_core.annotations import strip
from responder_core.encoding import compile_take

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.encoding import Quick
    from responder_core.response import Response

# Of warnings.filters, the one that has pydantic's warnings raised; None without.
_filter: object = None
# Which functions see them: those that call pydantic, which are functions of Python for that.
_CALLERS = r"responder_core\.pydantic_serialization\Z"


class PydanticSerializer:
    """Values of a pydantic type, written straight to JSON where that is asked for.

    Attributes:
        kind: the type; that of a value which needs no more than ``write_own()``.
        quick: as of ``contract.Serializer``.
    """

    __slots__ = ("_dump", "_take", "_to_json", "_validate", "_warn_to_json", "kind", "quick")

    def __init__(self, kind: Any) -> None:  # noqa: ANN401 - any annotation
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        self.kind: Any = strip(kind)
        serializer: Any = adapter.serializer
        self._validate = partial(adapter.validator.validate_python, from_attributes=True)
        # By the names that requests have them by, as every reader of the schema expects.
        # A field that was set to what it cannot be is an error with these words, which take
        # pydantic half as long as the rest; or a warning, which is an error by our filter.
        self._to_json = partial(serializer.to_json, by_alias=True, warnings="error")
        self._warn_to_json = _compile_warn(serializer)
        self._dump = partial(serializer.to_python, mode="json", by_alias=True, warnings="error")
        self._take = compile_take()
        raise_warnings()
        self.quick: Quick = None if _filter is None else (self._warn_to_json, None, _filter)

    def write(self, resp: Response, value: Any) -> None:  # noqa: ANN401
        """Make a value, checked and filtered, the media of a response.

        Raises:
            TypeError, ValueError: it is not of the type.
        """
        checked = value if type(value) is self.kind else self._validate(value)
        if type(checked) is not self.kind:
            # A subclass would be written with all that it has.
            resp.media = self._dump(checked)
            return
        resp.own_body = checked
        self._take(resp, self._to_json(checked))

    def write_own(self, resp: Response, value: Any) -> None:  # noqa: ANN401
        """As ``write()``, for the media that the response has, whose class is the type itself."""
        filters = warnings.filters
        # The program may have put others before ours, or taken it out.
        if filters and filters[0] is _filter:
            try:
                text = self._warn_to_json(value)
            except UserWarning:
                text = self._to_json(value)  # It fails once more, as the error that it is.
        else:
            text = self._to_json(value)
        self._take(resp, text)


def _compile_warn(serializer: Any) -> Callable[[Any], bytes]:  # noqa: ANN401
    to_json = serializer.to_json

    def warn_to_json(value: Any) -> bytes:  # noqa: ANN401
        text: bytes = to_json(value, by_alias=True)
        return text

    return warn_to_json


def raise_warnings() -> None:
    """Have pydantic's warnings raised where its functions write an answer, and nowhere else.

    It is tried out: where such a warning is not raised, or where filters are looked for elsewhere
    than in ``warnings.filters`` (Python 3.14, ``-X context_aware_warnings``), nothing relies on it.
    """
    global _filter  # noqa: PLW0603 - as the filters are: one list for the process
    if getattr(sys.flags, "context_aware_warnings", 0):
        return
    warnings.filterwarnings("error", "Pydantic serializer warnings", UserWarning, _CALLERS)
    _filter = warnings.filters[0] if _is_raised() else None


def _is_raised() -> bool:
    """Whether a warning of pydantic's is raised here."""
    number: Any = TypeAdapter(int).serializer
    try:
        number.to_json("")
    except UserWarning:
        return True
    return False
