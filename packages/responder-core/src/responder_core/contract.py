"""The contract of a route: what its answers are, checked and filtered before they are sent."""

from __future__ import annotations

from inspect import Signature
from typing import (
    TYPE_CHECKING,
    Any,
    NoReturn,
    Protocol,
    TypeAlias,
    Union,
    cast,
    get_args,
    get_origin,
)

from responder_core.annotations import (
    UNIONS,
    holds_model,
    is_model,
    members,
    resolve_alias,
    strip,
    uses_pydantic,
)
from responder_core.encoding import compile_take, compile_write
from responder_core.errors import ResultError, ViewError
from responder_core.hooks import describe
from responder_core.representation import MEDIA, NOTHING
from responder_core.results import write_result
from responder_core.signatures import evaluate, read_result
from responder_core.speedups import find_fitting
from responder_core.status import CONTENTLESS
from responder_core.validation import make_validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.encoding import Quick
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.views import View

    Writer: TypeAlias = Callable[[Response, Any, object], None]


# What a view may return that is no media.
_OTHERS = (tuple, str, bytes, bytearray, memoryview)


class Serializer(Protocol):
    """Puts values of one type, checked and filtered, into a response that has media.

    Attributes:
        kind: the type; that of a value which needs no more than ``write_own()``.
        quick: how such a value is written at once.
    """

    kind: Any
    quick: Quick

    def write(self, resp: Response, value: Any) -> None:  # noqa: ANN401 - checked here
        """Make a value the media of a response.

        Raises:
            TypeError, ValueError: it is not of the type.
        """

    def write_own(self, resp: Response, value: Any) -> None:  # noqa: ANN401 - of the type
        """As ``write()``, for the media that the response has, whose class is the type itself."""


class _MsgspecSerializer:
    """Values of a type that msgspec knows: what is written is read again as that type.

    Where a look at a value tells that it would be read as it is, that is spared.
    """

    __slots__ = ("_decode", "_encode", "_fits", "_take", "kind", "quick")

    def __init__(self, kind: Any) -> None:  # noqa: ANN401 - any annotation
        from responder_core.formats.json import encode
        from responder_core.shapes import find_shape

        self.kind = strip(kind)
        self._encode = encode
        self._decode = make_validator(kind).from_json
        shape = find_shape(kind)
        self.quick: Quick = None if shape is None else (encode, shape, None)
        self._fits = find_fitting(shape)
        self._take = compile_take()

    def write(self, resp: Response, value: Any) -> None:  # noqa: ANN401
        if self._fits is not None and self._fits(value):
            self._take(resp, self._encode(value))
        else:
            resp.own_body = self._decode(self._encode(value))

    write_own = write


def make_serializer(kind: Any, origin: object) -> Serializer:  # noqa: ANN401 - any annotation
    """What checks and filters values of a type.

    Raises:
        ViewError: the type cannot be checked; *origin* is the view that the message names.
    """
    try:
        if not uses_pydantic(kind):
            return _MsgspecSerializer(kind)
        from responder_core.pydantic_serialization import PydanticSerializer

        return PydanticSerializer(kind)
    except (TypeError, NameError, RuntimeError) as error:
        msg = (
            f"view {describe(origin)} answers {_name(kind)}, which cannot be checked: {error}; "
            "give another type, or response_model=False"
        )
        raise ViewError(msg) from error


def find_result(route: Route, view: View) -> Any:  # noqa: ANN401 - any annotation
    """The type that a view's results are to be of, or None for no such promise.

    It is ``response_model=``, or else the annotation where that promises something: a model,
    a list of them, a table of typed values.
    """
    if route.result is False:
        return None
    if route.result is not None:
        return route.result
    found = find_annotation(view)
    return found if _promises(found) else None


def find_annotation(view: View) -> Any:  # noqa: ANN401 - any annotation
    """The type that a view is annotated to give as a body, or None where it says nothing.

    ``-> tuple[Item, int]`` → ``Item``, and so does ``-> Item | Response``.
    """
    function: Any = view.origin
    if hasattr(function, "kind") and hasattr(function, "model"):
        return None  # A stream, whose items are checked one by one.
    try:
        result = read_result(function)
    except (TypeError, ValueError):  # pragma: no cover - a view without one is refused before
        return None
    if result is Signature.empty:
        return None
    found = evaluate(result, function, "the result")
    if get_origin(found) is tuple:
        # (body, status) and (body, status, headers) are how views answer more than a body.
        found = (get_args(found) or (None,))[0]
    return _without_response(resolve_alias(found))


def _without_response(kind: Any) -> Any:  # noqa: ANN401 - any annotation
    """A type without the response, which a view may say that it returns."""
    if get_origin(kind) not in UNIONS:
        return kind
    rest = tuple(each for each in get_args(kind) if not _is_response(each))
    return Union[rest] if rest else None  # noqa: UP007 - from a tuple


def _is_response(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    mro: tuple[type, ...] = getattr(kind, "__mro__", ())
    return any(each.__module__.endswith(".response") for each in mro)


def _promises(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether an annotation says more of a result than its outer form."""
    if holds_model(kind):
        return True
    return any(
        get_origin(each) in (list, dict, set, frozenset) and Any not in get_args(each)
        for each in members(kind)
    )


def compile_writer(route: Route, view: View) -> Writer | None:
    """What puts the result of a view into the response; None where nothing is promised.

    Raises:
        ViewError: a type cannot be checked.
    """
    kind, seed = find_result(route, view), route.status_code
    usual = None if kind is None else make_serializer(kind, view.origin)
    choose = _compile_choice(route, view, kind, usual)
    texts = members(kind)
    if choose is None:
        return None

    def write(resp: Response, result: Any, origin: object) -> None:  # noqa: ANN401 - any result
        if result is not None:
            if isinstance(result, str) and str in texts:
                resp.text = result
                return
            if usual is None or isinstance(result, _OTHERS):
                write_result(resp, result, origin)
            else:
                resp.own_body = result
                resp.representation = MEDIA
                resp.encoded = None
        if resp.status_code is None:
            resp.status_code = seed
        serializer = choose(resp)
        if serializer is None:
            return
        form = resp.representation
        if form is not MEDIA:
            if form is not NOTHING:
                _refuse(origin, f"with resp.{form.name}, and told a type", None)
            resp.media = None
        try:
            serializer.write(resp, resp.own_body)
        except (TypeError, ValueError) as error:
            _refuse(origin, "what is not of the type it told", error)

    plain = seed not in CONTENTLESS and not {200, seed} & {*route.responses}
    if plain and usual is not None:
        return _write_quickly(usual, seed, write)
    return write


def _write_quickly(serializer: Serializer, seed: int | None, write: Writer) -> Writer:
    """As *write*, without its questions for what most views return: a model, as promised."""
    kind, write_own = serializer.kind, serializer.write_own

    def write_model(resp: Response, result: Any, origin: object) -> None:  # noqa: ANN401
        if type(result) is not kind or resp.status_code is not None:
            write(resp, result, origin)
            return
        resp.own_body, resp.representation, resp.encoded = result, MEDIA, None
        resp.status_code = seed
        try:
            write_own(resp, result)
        except (TypeError, ValueError):
            write(resp, result, origin)  # It fails once more, and says with what.

    return compile_write(write_model, kind, seed, serializer.quick)


def _compile_choice(
    route: Route,
    view: View,
    kind: Any,  # noqa: ANN401 - any annotation
    usual: Serializer | None,
) -> Callable[[Response], Serializer | None] | None:
    """What chooses how an answer is checked, by its status; None where nothing is promised."""
    seed, kinds = route.status_code, _classes(kind)
    special = {
        status: make_serializer(model, view.origin)
        for status, model in route.responses.items()
        if model is not None and not isinstance(model, (str, dict))
    }
    if usual is None and seed is None and not special:
        return None
    success = special.get(200, usual)

    def choose(resp: Response) -> Serializer | None:
        status = resp.status_code
        if status is None:
            return success
        if status in CONTENTLESS:
            return None
        serializer = special.get(status)
        # An error has a body of its own, but for one that is what was promised.
        if serializer is None and (status < 300 or status == seed or _is_one(resp, kinds)):
            serializer = usual
        return serializer

    return choose


def _classes(kind: Any) -> tuple[type, ...]:  # noqa: ANN401 - any annotation
    """The models in a type."""
    found: list[type] = []
    for each in members(kind):
        origin = get_origin(each) or each
        if is_model(each) and not hasattr(origin, "__required_keys__"):
            found.append(origin)
        for inner in get_args(each):
            found += _classes(inner)
    return tuple(found)


def _is_one(resp: Response, kinds: tuple[type, ...]) -> bool:
    """Whether a body is of models, alone or in a list."""
    body = resp.own_body
    items = cast("list[object]", body) if isinstance(body, list) else [body]
    return any(isinstance(each, kinds) for each in items)


def _refuse(origin: object, what: str, error: Exception | None) -> NoReturn:
    reason = "" if error is None else f": {_explain(error)}"
    msg = f"view {describe(origin)} answered {what}{reason}; response_model=False allows it"
    raise ResultError(msg) from error


def _explain(error: Exception) -> str:
    findings = getattr(error, "findings", None)
    if findings is None:
        return str(error)
    return ", ".join(f"{'.'.join(map(str, where)) or 'it'} {what}" for where, what in findings)


def _name(kind: Any) -> str:  # noqa: ANN401 - any annotation
    return getattr(kind, "__qualname__", None) or str(kind)
