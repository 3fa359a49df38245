"""List queries: sort and filter lists as clients ask, by the fields of their items.

::

    @api.get("/books")
    async def list_books(req, resp, *, sort: str = "title", author: str | None = None):
        books = filter_items(BOOKS, {"author": author})
        return sort_items(books, sort, allowed=["title", "year"])
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import isnan
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, TypeVar, cast

from responder_core.annotations import is_plain
from responder_core.errors import Problem, finding
from responder_core.texts import InvalidValue
from responder_core.validation import validator_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

T = TypeVar("T")

_MISSING: Final = object()
# Where models keep their fields: pydantic's, dataclasses, Structs, those of attrs.
_FIELDS = ("__pydantic_fields__", "__dataclass_fields__", "__struct_fields__", "__attrs_attrs__")
_SEVERAL = (list, tuple, set, frozenset)


class SortKey(NamedTuple):
    """A field to sort by.

    Attributes:
        field: its name.
        descending: whether the largest comes first.
    """

    field: str
    descending: bool = False


def parse_sort(
    spec: str | Iterable[str] | None,
    *,
    allowed: Collection[str] | None = None,
    parameter: str = "sort",
) -> list[SortKey]:
    """What a client asks to sort by: ``"-year,title"`` → ``[("year", True), ("title", False)]``.

    For a database, say what is *allowed*: only then is a field one that it knows.

    Args:
        spec: names with commas between; a minus before one is for the other direction. Several
            texts, as of a repeated parameter, are read one after the other.
        allowed: the fields that a client may sort by; None for every one.
        parameter: what the parameter is called that it came in, for who reads the problem.

    Raises:
        Problem: 400, there is no such field to sort by, or it stands there twice.
    """
    texts = [spec] if isinstance(spec, str) else [*(spec or ())]
    text = ",".join(filter(None, texts))
    keys: dict[str, SortKey] = {}
    for part in text.split(",") if text else ():
        name = part.strip()
        # A plus in a query is a space, which is gone here, unless it is percent-encoded.
        field = name[1:] if name[:1] in {"-", "+"} else name
        if not field or (allowed is not None and field not in allowed):
            _refuse_sort(parameter, allowed)
        if field in keys:
            what = "must name each field once"
            detail = "A list is sorted by a field once."
            raise Problem(400, detail, errors=[finding(("query", parameter), what)])
        keys[field] = SortKey(field, name.startswith("-"))
    return [*keys.values()]


def sort_items(
    items: Iterable[T],
    spec: str | Iterable[str] | None,
    *,
    allowed: Collection[str] | None = None,
    parameter: str = "sort",
) -> list[T]:
    """A list in the order that a client asks for: ``sort_items(books, "-year,title")``.

    Items are mappings or objects; the list itself stays as it is. Those without a value come last
    in both directions, and those that are equal stay as they were. Without a spec all stay so.

    *spec*, *allowed* and *parameter* are those of ``parse_sort()``. Say what is allowed where
    items have what not everyone may know: an order tells of what it is by. It may be a property,
    too; without it only the fields of models, and attributes without an underscore before them.

    Raises:
        Problem: 400, there is no such field, or its values have no order.
    """
    found = list(items)
    # The last key first: sorts are stable.
    for key in reversed(parse_sort(spec, allowed=allowed, parameter=parameter)):
        found = _sort_by(found, key, allowed, parameter)
    return found


def _sort_by(
    items: list[T], key: SortKey, allowed: Collection[str] | None, parameter: str
) -> list[T]:
    read = _reader_of(key.field, allowed)
    if allowed is None and not _is_field(read, items):
        _refuse_sort(parameter, allowed)
    ranked: list[tuple[Any, T]] = []
    rest: list[T] = []
    for item in items:
        value = read(item)
        if _has_rank(value):
            ranked.append((value, item))
        else:
            rest.append(item)
    try:
        ranked.sort(key=itemgetter(0), reverse=key.descending)
    except (TypeError, ArithmeticError):  # Numbers and texts; a Decimal that is no number.
        _refuse_sort(parameter, allowed)
    return [*(item for _, item in ranked), *rest]


def _has_rank(value: object) -> bool:
    """Whether a value has a place among others: None has none, and neither has not-a-number."""
    return (
        value is not None
        and value is not _MISSING
        and not (isinstance(value, float) and isnan(value))
    )


def _refuse_sort(parameter: str, allowed: Collection[str] | None) -> NoReturn:
    what = "must name fields that the list can be sorted by"
    if allowed is not None:
        what += f": {', '.join(sorted(allowed))}"
    raise Problem(
        400, "The list cannot be sorted like that.", errors=[finding(("query", parameter), what)]
    )


def filter_items(
    items: Iterable[T],
    filters: Mapping[str, object],
    *,
    allowed: Collection[str] | None = None,
) -> list[T]:
    """The items whose fields have these values: ``filter_items(books, {"author": "Ada"})``.

    A filter that is None is passed over, as a parameter that was not sent; several values in a
    list mean any of them. An item whose field is a list is taken where one in it has the value.
    A text, as of a query, also stands for a number, a date, a truth value and their like.

    Args:
        items: mappings or objects.
        filters: the values, by the names of the fields.
        allowed: the fields that there may be, where *filters* are the client's: ``req.params``.

    Raises:
        Problem: 400, there is no such field.
    """
    found = everything = list(items)
    for name, wanted in filters.items():
        if wanted is None:
            continue
        read = _reader_of(name, allowed)
        if not _is_field(read, everything) if allowed is None else name not in allowed:
            _refuse_filter(allowed)
        matches = _make_match(wanted)
        found = [item for item in found if matches(read(item))]
    return [*found]


def _refuse_filter(allowed: Collection[str] | None) -> NoReturn:
    # Its name is the client's own, and not repeated.
    detail = "The list cannot be filtered by that."
    if allowed is not None:
        detail = f"The list can be filtered by {', '.join(sorted(allowed))}, and nothing else."
    raise Problem(400, detail)


def _make_match(wanted: object) -> Callable[[object], bool]:
    """Whether a value is the one that is wanted, or one of those."""
    choices = [*cast("Iterable[object]", wanted)] if isinstance(wanted, _SEVERAL) else [wanted]
    texts = [each for each in choices if isinstance(each, str)]
    read: dict[type, list[object]] = {}

    def matches(value: object) -> bool:
        if isinstance(value, _SEVERAL):
            return any(map(matches, cast("Iterable[object]", value)))
        if value in choices:
            return True
        if value is None or not texts or isinstance(value, str):
            return False
        kind = type(value)
        if kind not in read:
            read[kind] = [*_read_texts(texts, kind)]
        return value in read[kind]

    return matches


def _read_texts(texts: list[str], kind: type) -> Iterator[object]:
    """What texts mean as values of a type; those that mean nothing are left out."""
    if is_plain(kind):
        for text in texts:
            with suppress(InvalidValue):
                yield validator_of(kind).from_text(text)


def _is_field(read: Callable[[Any], object], items: list[T]) -> bool:
    """Whether any of the items has a field; of no items nobody knows."""
    return not items or any(read(item) is not _MISSING for item in items)


def _reader_of(field: str, allowed: Collection[str] | None) -> Callable[[Any], Any]:
    """What reads a field of an item, or gives _MISSING."""
    may_be_named: dict[type, bool] = {}

    def read(item: object) -> Any:  # noqa: ANN401 - whatever it has
        if isinstance(item, Mapping):
            return cast("Mapping[str, object]", item).get(field, _MISSING)
        kind = type(item)
        if kind not in may_be_named:
            may_be_named[kind] = allowed is not None or _may_be_named(kind, field)
        if not may_be_named[kind]:
            return _MISSING
        value: object = getattr(item, field, _MISSING)
        return _MISSING if callable(value) else value

    return read


def _may_be_named(kind: type, field: str) -> bool:
    """Whether a client that names an attribute may mean it: a field of a model, a public one."""
    for mark in _FIELDS:
        names: Any = getattr(kind, mark, None)
        if names is not None:
            return field in {getattr(each, "name", each) for each in names}
    return not field.startswith("_")
