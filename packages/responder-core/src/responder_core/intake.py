"""Intake: the values of arguments, read from a request and validated, all faults together."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

from responder_core.annotations import is_model, members, model_fields, sequence_of
from responder_core.errors import Problem, ViewError, finding
from responder_core.reading import announces_json
from responder_core.request import Request
from responder_core.speedups import speed_expect, speed_take
from responder_core.texts import InvalidValue, read_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from responder_core.arguments import Argument
    from responder_core.forms import Form
    from responder_core.http.query import QueryDict
    from responder_core.settings import Limits
    from responder_core.texts import Location
    from responder_core.types import Message
    from responder_core.uploads import UploadFile

    Read = Callable[[Any], Any]

# Faults that one answer tells.
_MOST_TOLD = 100
_INVALID = "The request is not valid; its errors say what and where."


class Intake:
    """Reads some arguments of a request.

    Attributes:
        empty: whether there are none.
        waits: whether reading them waits for the body.
    """

    __slots__ = ("_bodies", "_form", "_items", "_now", "empty", "waits")

    def __init__(self, items: Sequence[tuple[Any, Argument]]) -> None:
        self._items = [(key, each) for key, each in items if each.origin in _READERS]
        later = ("form", "file", "body")
        self._now = [
            (key, compile_reader(each)) for key, each in self._items if each.origin not in later
        ]
        self._form = [(key, each) for key, each in self._items if each.origin in ("form", "file")]
        self._bodies = [(key, each) for key, each in self._items if each.origin == "body"]
        if self._form and self._bodies:
            body, field = self._bodies[0][1].name, self._form[0][1].name
            msg = (
                f"{body!r} is read from the body and {field!r} from a form, which is the body "
                f"too; mark {body!r} with Form()"
            )
            raise ViewError(msg)
        self.empty: bool = not self._items
        self.waits: bool = bool(self._form or self._bodies)

    def fill_now(self, req: Request, values: dict[Any, Any]) -> None:
        """Put the values into a table, where none of them is in the body.

        Raises:
            Problem: 422, some are not what they should be.
        """
        try:
            for key, read in self._now:
                values[key] = read(req)
        except InvalidValue:
            raise self._refusal(self._find_now(req)) from None

    def read_now(self, req: Request, _resp: Any) -> dict[Any, Any]:  # noqa: ANN401 - not asked
        """As ``fill_now()``, into a table of its own, in one call."""
        values: dict[Any, Any] = {}
        try:
            for key, read in self._now:
                values[key] = read(req)
        except InvalidValue:
            raise self._refusal(self._find_now(req)) from None
        return values

    async def fill(self, req: Request, values: dict[Any, Any]) -> None:
        """Put the values into a table.

        Raises:
            Problem: 422, some are not what they should be; what reading the body raises.
        """
        try:
            for key, read in self._now:
                values[key] = read(req)
            for key, argument in self._bodies:
                values[key] = await read_body(req, argument)
            if self._form:
                form = await req.read_form()
                for key, argument in self._form:
                    values[key] = await read_form(form, argument)
        except InvalidValue:
            raise await self.find_faults(req) from None

    async def find_faults(self, req: Request) -> Problem:
        """The 422 that names everything that is wrong."""
        return self._refusal(await self._find(req))

    def _find_now(self, req: Request) -> list[tuple[Location, str]]:
        """Everything that is wrong, but in the body."""
        found: list[tuple[Location, str]] = []
        for _, argument in self._items:
            if argument.origin not in ("form", "file", "body"):
                try:
                    compile_reader(argument)(req)
                except InvalidValue as error:
                    found += _locate(argument, error)
        return found

    async def _find(self, req: Request) -> list[tuple[Location, str]]:
        """Everything that is wrong."""
        found = self._find_now(req)
        for _, argument in self._bodies:
            try:
                await read_body(req, argument)
            except InvalidValue as error:  # noqa: PERF203 - each has its fault
                found += _locate(argument, error)
        for _, argument in self._form:
            try:
                await read_form(await req.read_form(), argument)
            except InvalidValue as error:  # noqa: PERF203 - each has its fault
                found += _locate(argument, error)
        return found

    def _refusal(self, found: list[tuple[Location, str]]) -> Problem:
        told = [finding(where, what) for where, what in found[:_MOST_TOLD]]
        return Problem(422, _INVALID, errors=told)


def _locate(argument: Argument, error: InvalidValue) -> list[tuple[Location, str]]:
    """What is wrong with an argument, as locations in the request."""
    if argument.origin == "body":
        return [(("body", *where), what) for where, what in error.findings]
    source = "body" if argument.origin in ("form", "file") else argument.origin
    if argument.whole:
        names = _whole_keys(argument)
        return [
            ((source, names.get(str(where[0]), where[0]), *where[1:]), what)
            if where
            else ((source, argument.key), what)
            for where, what in error.findings
        ]
    return [((source, argument.key, *where), what) for where, what in error.findings]


def compile_reader(argument: Argument) -> Read:
    """The function that reads an argument from a request, but from its body."""
    return _READERS[argument.origin](argument)


def _path_reader(argument: Argument) -> Read:
    name, validator = argument.key, argument.validator
    if validator is None:
        return lambda req: req.path_params[name]
    parse = validator.from_text

    def read(req: Any) -> Any:  # noqa: ANN401 - a value of any type
        value = req.path_params[name]
        # A convertor of the path may have made something else of the text already.
        return parse(value if isinstance(value, str) else str(value))

    return read


def _repeatable_reader(argument: Argument, fields: Callable[[Any], Any]) -> Read:
    """Reads what may be sent several times, from the *fields* of a request that hold it."""
    if argument.whole:
        return _whole_reader(argument, lambda req: fields(req).get_list)
    key, parse, absent = argument.key, _parser(argument), argument.absent
    if argument.many:

        def read_many(req: Any) -> Any:  # noqa: ANN401 - a value of any type
            found = fields(req).get_list(key)
            return parse(found) if found else absent()

        return read_many

    def read(req: Any) -> Any:  # noqa: ANN401 - a value of any type
        found = fields(req).get(key)
        return absent() if found is None else parse(found)

    return read


def _query_reader(argument: Argument) -> Read:
    if argument.whole or argument.many:
        return _repeatable_reader(argument, attrgetter("params"))
    key, parse, absent = argument.key, _text_parser(argument), argument.absent

    def read(req: Any) -> Any:  # noqa: ANN401 - a value of any type
        # As req.params.get(), a call less for each parameter.
        params = req.known_params
        if params is None:
            params = req.params
        found = params.lists.get(key)
        return parse(found[-1]) if found else absent()

    return read


def _header_reader(argument: Argument) -> Read:
    if argument.whole or argument.many:
        return _repeatable_reader(argument, attrgetter("headers"))
    name = argument.key.encode("latin-1", "replace")
    parse, absent = _text_parser(argument), argument.absent

    def read(req: Any) -> Any:  # noqa: ANN401 - a value of any type
        # The last counts, as in req.headers, which need not be made for it.
        found: bytes | None = None
        for field, value in req.scope["headers"]:
            if field == name:
                found = value
        return absent() if found is None else parse(found.decode("latin-1"))

    return read


def _cookie_reader(argument: Argument) -> Read:
    if argument.whole:
        return _whole_reader(argument, _cookie_list)
    key, parse, absent = argument.key, _parser(argument), argument.absent
    many = argument.many

    def read(req: Any) -> Any:  # noqa: ANN401 - a value of any type
        found = req.cookies.get(key)
        if found is None:
            return absent()
        return parse([found] if many else found)

    return read


def _cookie_list(req: Any) -> Callable[[str], list[str]]:  # noqa: ANN401 - a request
    cookies: dict[str, str] = req.cookies
    return lambda key: [cookies[key]] if key in cookies else []


def _whole_keys(argument: Argument) -> dict[str, str]:
    """What a client calls each field of a model, by what the model calls it."""
    kind = next(filter(is_model, members(argument.annotation)))
    if argument.origin == "header":
        return {key: key.replace("_", "-").lower() for key in model_fields(kind)}
    return {key: key for key in model_fields(kind)}


def _whole_reader(argument: Argument, look_up: Callable[[Any], Callable[[str], list[str]]]) -> Read:
    """Reads a model, each field from a parameter of its name."""
    fields = model_fields(next(filter(is_model, members(argument.annotation))))
    keys = _whole_keys(argument)
    parse, default = _parser(argument), argument.required

    def read(req: Any) -> Any:  # noqa: ANN401 - a value of any type
        get_list = look_up(req)
        texts: dict[str, Any] = {}
        for field, kind in fields.items():
            _take(texts, field, kind, get_list(keys[field]))
        if not texts and not default:
            return argument.absent()
        return parse(texts)

    return read


def _parser(argument: Argument) -> Callable[[Any], Any]:
    validator = argument.validator
    return _as_it_is if validator is None else validator.from_text


def _text_parser(argument: Argument) -> Callable[[str], Any]:
    """As ``_parser()``, for what is always one text."""
    validator = argument.validator
    return _as_it_is if validator is None else validator.parse_text


def _as_it_is(value: Any) -> Any:  # noqa: ANN401 - any value
    return value  # pragma: no cover - read_form() takes files itself


_READERS: dict[str, Callable[[Argument], Read]] = {
    "path": _path_reader,
    "query": _query_reader,
    "header": _header_reader,
    "cookie": _cookie_reader,
    # Read by read_form() and read_body(), which wait.
    "form": _query_reader,
    "file": _query_reader,
    "body": _query_reader,
}


# The types of most bodies of JSON, all of them in UTF-8.
PLAIN_JSON = frozenset(
    {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}
)


class JSONBody:
    """The quickest way to one argument that is a body of JSON.

    It is short: where it ends early, nothing is lost, and ``bind()`` goes on as ``read_body()``.

    Attributes:
        name: of the argument.
        expects: whether a request tells of such a body, which nothing has read yet.
        take: the text that a request has received in a message; None where that is not all of
            it, or where a decoder of types may not have it as it is.
        decode: the value of such a text, or a ValueError.

    Args:
        argument: what is read.
        limits: those of the route.
        most: the bytes of its bodies, or None.
        find_faults: what is wrong with a request.
    """

    __slots__ = ("_argument", "_find_faults", "decode", "expects", "name", "take")

    def __init__(
        self,
        argument: Argument,
        limits: Limits,
        most: int | None,
        find_faults: Callable[[Request], Awaitable[Problem]],
    ) -> None:
        from responder_core.formats.json import compile_check

        self._argument, self._find_faults = argument, find_faults
        self.name: str = argument.name
        self.decode: Callable[[bytes], Any] = cast("Any", argument.validator).decode
        longest = limits.media_size if most is None else min(most, limits.media_size)
        is_plain = compile_check(limits)

        def expects(req: Request) -> bool:
            return (
                req.opened_body is None
                and req.received is None
                and announces_json(req.scope["headers"], PLAIN_JSON, longest)
            )

        def take(req: Request, message: Message) -> bytes | None:
            content = req.take_message(message, longest)
            return content if content and is_plain(content) else None

        self.expects: Callable[[Request], bool] = speed_expect(
            expects, longest, Request, PLAIN_JSON
        )
        self.take: Callable[[Request, Message], bytes | None] = take
        if not limits.unique_names:
            self.take = speed_take(take, min(longest, limits.digits), limits.depth, Request)

    async def bind(self, req: Request, _resp: Any) -> dict[str, Any]:  # noqa: ANN401 - not asked
        """As ``Binding.bind()``."""
        if self.expects(req):
            content = self.take(req, await req.receive())
            if content is not None:
                try:
                    return {self.name: self.decode(content)}
                except (ValueError, RecursionError):
                    pass  # What is wrong with it is told below.
        try:
            return {self.name: await read_body(req, self._argument)}
        except InvalidValue:
            raise await self._find_faults(req) from None


async def read_body(req: Request, argument: Argument) -> Any:  # noqa: ANN401 - a value of its type
    """The body of a request as an argument's type; JSON straight from its bytes.

    Raises:
        InvalidValue: it is not of that type.
        Problem: 400, 413 or 415, as of ``req.media()``.
    """
    validator = cast("Any", argument.validator)
    content = await req.read_json_text()
    if content is not None:
        if not content:
            return argument.absent()
        try:
            return validator.from_json(content)
        except InvalidValue:
            raise
        except (ValueError, RecursionError):
            # The refusal tells where it is broken.
            await req.media("json")
            raise Problem(400, "The body is no valid JSON.") from None  # pragma: no cover - is told
    if not await req.content and not argument.required:
        return argument.absent()
    value = await req.media()
    if hasattr(value, "get_list"):  # A form: its values are texts.
        kind = next(filter(is_model, members(argument.annotation)), None)
        return validator.from_text(_collect(value, kind))
    return validator.from_value(value)


def _collect(form: QueryDict, kind: object) -> dict[str, Any]:
    """The texts of a form as a model takes them."""
    fields = model_fields(kind) if kind is not None else {}
    texts: dict[str, Any] = {}
    for name in form:
        _take(texts, name, fields.get(name, str), form.get_list(name))
    return texts


def _take(texts: dict[str, Any], name: str, kind: Any, found: list[str]) -> None:  # noqa: ANN401
    """Take what was sent for a field of a model: all of it for a list, else the last.

    An input that was left empty has no number, no date and no choice; such a field was not sent.
    """
    if not found:
        return
    if sequence_of(kind) is not None:
        texts[name] = found
    elif found[-1] != "" or str in members(kind) or Any in members(kind):
        texts[name] = read_text(found[-1], kind)


async def read_form(form: Form, argument: Argument) -> Any:  # noqa: ANN401 - a value of its type
    """An argument of a form: a field, a file, or all fields as a model.

    Raises:
        InvalidValue: it is missing, or not of its type.
    """
    if argument.origin == "file":
        return await _read_files(form, argument)
    parse = _parser(argument)
    if argument.whole:
        kind = next(filter(is_model, members(argument.annotation)))
        texts = _collect(form.fields, kind)
        return parse(texts) if texts or argument.required else argument.absent()
    found = form.fields.get_list(argument.key)
    if argument.many:
        return parse(found) if found else argument.absent()
    # A form sends every input: one that was left empty has no number, no date, no choice.
    if not found or (found[-1] == "" and str not in members(argument.annotation)):
        return argument.absent()
    return parse(found[-1])


async def _read_files(form: Form, argument: Argument) -> Any:  # noqa: ANN401 - files or bytes
    found = form.uploads(argument.key)
    item = sequence_of(argument.annotation) if argument.many else argument.annotation
    if not found:
        return argument.absent()
    if bytes in members(item):
        contents = [await _read_upload(upload) for upload in found]
        return contents if argument.many else contents[-1]
    return found if argument.many else found[-1]


async def _read_upload(upload: UploadFile) -> bytes:
    await upload.seek(0)
    content = await upload.read()
    await upload.seek(0)
    return content
