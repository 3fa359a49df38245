"""Parameters: from a function's signature to what each parameter is filled from.

Read once, when the function is registered. What cannot work is refused then.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Union, get_args, get_origin

from responder_core.annotations import (
    UNIONS,
    holds_model,
    is_model,
    is_optional,
    is_plain,
    is_upload,
    members,
    metadata_of,
    name_of,
    resolve_alias,
    sequence_of,
    strip,
)
from responder_core.arguments import CONNECTION, RESPONSE, Argument
from responder_core.errors import ViewError
from responder_core.hooks import describe
from responder_core.markers import CONSTRAINTS, REQUIRED, Dependency, Marker
from responder_core.signatures import evaluate, read_signature
from responder_core.validation import make_validator

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Collection, Mapping

    from responder_core.arguments import Context, Origin
    from responder_core.validation import Validator

# What the values of the built-in convertors are.
_CONVERTED: dict[str, type] = {"int": int, "float": float}


def read_arguments(
    function: Callable[..., Any], context: Context, signature: inspect.Signature | None = None
) -> tuple[Argument, ...]:
    """What the parameters of a function are filled from, those skipped left out.

    *signature* is what was read of it already.

    Raises:
        ViewError: a parameter can be filled from nothing, or from two things at once; the
            message names the function and says what to write.
    """
    try:
        signature = signature or read_signature(function)
    except ValueError:  # A builtin that does not tell; it is called without arguments.
        return ()
    found: list[Argument] = []
    # What a partial gave already is nothing that a client may give.
    given: Mapping[str, Any] = getattr(function, "keywords", {})
    positional = 0
    for item in signature.parameters.values():
        if item.kind in (item.VAR_POSITIONAL, item.VAR_KEYWORD) or item.name in given:
            continue
        if item.kind is not item.KEYWORD_ONLY and positional < context.skip:
            positional += 1
            continue
        if item.kind is item.POSITIONAL_ONLY:
            msg = (
                f"{context.role} {describe(function)} takes {item.name!r} by position alone, and "
                "gets it by name; leave out the '/'"
            )
            raise ViewError(msg)
        argument = _Reader(function, item, context).read()
        if argument is not None:
            found.append(argument)
    takes_all = any(item.kind is item.VAR_KEYWORD for item in signature.parameters.values())
    if takes_all and context.skip:
        names = {argument.name for argument in found}
        found += [Argument(name, "path", name) for name in context.path if name not in names]
    _refuse_two_bodies(function, found, context)
    return tuple(found)


def _refuse_two_bodies(
    function: Callable[..., Any], found: Collection[Argument], context: Context
) -> None:
    bodies = [each.name for each in found if each.origin == "body"]
    forms = [each.name for each in found if each.origin in ("form", "file")]
    if len(bodies) > 1:
        names = " and ".join(map(repr, bodies))
        msg = (
            f"{context.role} {describe(function)} takes {names} from the body, and a request has "
            "one; make one model of them, or mark the others with Query() or Form()"
        )
        raise ViewError(msg)
    if bodies and forms:
        msg = (
            f"{context.role} {describe(function)} takes {bodies[0]!r} from the body and "
            f"{forms[0]!r} from a form, which is the body too; mark {bodies[0]!r} with Form()"
        )
        raise ViewError(msg)
    if context.socket and (bodies or forms):
        msg = (
            f"{context.role} {describe(function)} takes {(bodies + forms)[0]!r} from a body, "
            "which a WebSocket has not; write await ws.receive_json(Model)"
        )
        raise ViewError(msg)


class _Reader:
    """Reads one parameter."""

    def __init__(
        self, function: Callable[..., Any], item: inspect.Parameter, context: Context
    ) -> None:
        self.function = function
        self.context = context
        self.name = item.name
        self.default: Any = REQUIRED if item.default is item.empty else item.default
        annotated = item.annotation is not item.empty
        role = f"parameter {self.name!r}"
        self.annotation: Any = evaluate(item.annotation, function, role) if annotated else Any
        self.marks = [
            each for each in metadata_of(self.annotation) if isinstance(each, (Marker, Dependency))
        ]
        if isinstance(self.default, (Marker, Dependency)):
            self.marks.append(self.default)
            self.default = REQUIRED

    def read(self) -> Argument | None:
        """The argument; None for a parameter that keeps its default."""
        context = self.context
        if len(self.marks) > 1:
            self.refuse("is marked twice", "leave one of the markers")
        mark = self.marks[0] if self.marks else None
        # A provider means the dependency of a name, on whatever path it is used.
        named = context.role == "dependency" and self.name in context.named
        if self.name in context.path and not named:
            if mark is None or (isinstance(mark, Marker) and mark.source == "path"):
                return self.from_path(mark)
            self.refuse("is a parameter of the path, and marked", "give one of them another name")
        if isinstance(mark, Dependency):
            return self.from_provider(mark)
        if mark is not None:
            return self.from_marker(mark)
        if self.name in context.named:
            provider = context.named[self.name]
            return Argument(self.name, "provider", self.name, provider=provider)
        connection = self.from_connection()
        return connection if connection is not None else self.from_annotation()

    def from_connection(self) -> Argument | None:
        """The request, the response or the socket, by its name or its class."""
        if self.annotation is Any or not isinstance(self.annotation, type):
            if self.name in CONNECTION:
                return Argument(self.name, "request", self.name)
            if self.name in RESPONSE:
                return self.from_response()
            return None
        kinds = {each.__module__ for each in self.annotation.__mro__}
        if kinds & {"responder_core.request", "responder_core.websocket", "starlette.requests"}:
            is_socket = any("websocket" in each.__module__ for each in self.annotation.__mro__)
            if is_socket != self.context.socket:
                what = "a WebSocket" if is_socket else "a request"
                other = "a request" if is_socket else "a WebSocket"
                self.refuse(
                    f"is annotated as {what}, and this is {other}", "leave out the annotation"
                )
            return Argument(self.name, "request", self.name)
        if "responder_core.response" in kinds:
            return self.from_response()
        return None

    def from_response(self) -> Argument:
        if self.context.socket:
            self.refuse("is a response, which a WebSocket has not", "take (ws)")
        return Argument(self.name, "response", self.name)

    def from_path(self, mark: Marker | None) -> Argument:
        """A parameter of the path, read as the type that is annotated."""
        kind = self.context.path[self.name].type.name
        converted = _CONVERTED.get(kind)
        annotation = strip(self.annotation)
        constraints = _constraints(mark)
        if mark is not None and (mark.default is not REQUIRED or "alias" in mark.options):
            self.refuse("is in every path", "give Path() neither a default nor an alias")
        if annotation is Any and not constraints:
            return Argument(self.name, "path", self.name, marker=mark)
        wanted = members(annotation)
        if converted is not None and str in wanted and converted not in wanted:
            self.refuse(
                f"is {{{self.name}:{kind}}} in the path and str in the signature",
                f"write {self.name}: {kind}",
            )
        if converted in wanted and not constraints and not _has_metadata(self.annotation):
            return Argument(self.name, "path", self.name, annotation, marker=mark)
        if kind not in {"str", "path", "int", "float", "uuid"}:
            # The value of a program's own convertor is what it made.
            return Argument(self.name, "path", self.name, annotation, marker=mark)
        if holds_model(annotation) or sequence_of(annotation) is not None:
            self.refuse(f"is one segment of the path, and no {annotation}", "take a plain type")
        validator = self.make_validator(constraints or {})
        return Argument(
            self.name, "path", self.name, self.annotation, validator=validator, marker=mark
        )

    def from_provider(self, mark: Dependency) -> Argument:
        provider = mark.provider
        if provider is None:
            provider = strip(self.annotation)
            if is_model(provider) and not _has_marks(provider):
                return self.from_marker(Marker("query", self.default, {}))
            if provider is Any or not isinstance(provider, type):
                self.refuse(
                    "has Depends() without a provider",
                    "write Depends(provider), or annotate a class",
                )
        return Argument(self.name, "provider", self.name, self.annotation, provider=provider)

    def from_marker(self, mark: Marker) -> Argument:
        """What a marker says."""
        origin: Origin = mark.source
        if origin == "path":
            names = ", ".join(self.context.path) or "none"
            self.refuse(
                f"is marked with Path(), and the path has {names}",
                f"write {{{self.name}}} in the path",
            )
        default, annotation = mark.default, self.annotation
        if default is REQUIRED:
            default = self.default
        if is_model(default) and isinstance(default, type):
            # Query(Filters): the model stands where a default would.
            annotation, default = default, self.default
        key = mark.options.get("alias")
        if key is None:
            key = self.name.replace("_", "-") if origin == "header" else self.name
        if origin == "header":
            key = key.lower()
        if annotation is Any:
            annotation = str
        whole = any(map(is_model, members(annotation))) and origin != "file"
        many = not whole and sequence_of(annotation) is not None
        if origin != "file" and not whole:
            self.check_text(annotation)
        if origin == "file":
            self.check_file(annotation)
            validator = None
        else:
            self.annotation = annotation
            validator = self.make_validator(_constraints(mark))
        # One list for all requests would keep what each puts into it.
        copied = isinstance(default, (list, dict, set))
        return Argument(
            self.name,
            origin,
            key,
            annotation,
            REQUIRED if copied else _optional_default(default, annotation, mark),
            default.copy if copied else mark.options.get("default_factory"),
            validator,
            whole,
            many,
            marker=mark,
        )

    def check_text(self, annotation: Any) -> None:  # noqa: ANN401 - any annotation
        """Refuse what no text can stand for: a table, a list of models."""
        item = sequence_of(annotation) or annotation
        if any(is_model(each) or (get_origin(each) or each) is dict for each in members(item)):
            what = f"is {name_of(annotation)}, which texts cannot be"
            self.refuse(what, "make one model of it, or take it from the body")

    def check_file(self, annotation: Any) -> None:  # noqa: ANN401 - any annotation
        item = sequence_of(annotation) or annotation
        if all(is_upload(each) or each is bytes for each in members(item)):
            return
        self.refuse("is a file", "annotate UploadFile, list[UploadFile] or bytes")

    def from_annotation(self) -> Argument | None:
        """What an annotation says alone: a model is the body, a plain type the query."""
        annotation = self.annotation
        if annotation is Any:
            if self.default is not REQUIRED:
                return None
            self.refuse(
                "comes from nowhere",
                f"write {{{self.name}}} in the path, annotate it, mark it with Query() or "
                f"Depends(), or register @api.dependency() def {self.name}() before",
            )
        item = sequence_of(annotation)
        kinds = members(annotation)
        if any(map(is_upload, kinds)) or (item is not None and is_upload(strip(item))):
            many = item is not None
            return Argument(self.name, "file", self.name, annotation, self.default, many=many)
        if holds_model(annotation):
            validator = self.make_validator({})
            default = _optional_default(self.default, annotation, None)
            return Argument(self.name, "body", self.name, annotation, default, validator=validator)
        if item is not None or any((get_origin(each) or each) is dict for each in kinds):
            self.refuse(
                f"is {name_of(annotation)}, which may come from the query or from the body",
                "mark it with Query(), or make a model of the body",
            )
        if not all(map(is_plain, kinds)):
            if self.default is not REQUIRED:
                return None
            self.refuse(
                f"is {name_of(annotation)}, which nothing in a request is",
                f"mark it with Depends(), or register @api.dependency() def {self.name}() before",
            )
        validator = self.make_validator({})
        default = _optional_default(self.default, annotation, None)
        return Argument(self.name, "query", self.name, annotation, default, validator=validator)

    def make_validator(self, constraints: Mapping[str, Any]) -> Validator:
        try:
            return make_validator(_unmarked(self.annotation), constraints)
        except (ViewError, TypeError, ValueError, re.error) as error:
            self.refuse(f"cannot be read: {error}", "give it another type")

    def refuse(self, what: str, advice: str) -> NoReturn:
        """Refuse the function.

        Raises:
            ViewError: always.
        """
        msg = (
            f"{self.context.role} {describe(self.function)}: parameter {self.name!r} {what}; "
            f"{advice}"
        )
        raise ViewError(msg)


def _has_metadata(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    marks = (Marker, Dependency, str)
    return any(not isinstance(each, marks) for each in metadata_of(annotation))


def _unmarked(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """An annotation without our markers."""
    annotation = resolve_alias(annotation)
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        inner = _unmarked(inner)
        for each in metadata:
            if not isinstance(each, (Marker, Dependency)):
                inner = Annotated[inner, each]
        return inner
    if get_origin(annotation) in UNIONS:
        return Union[tuple(map(_unmarked, get_args(annotation)))]  # noqa: UP007 - from a tuple
    return annotation


def _has_marks(model: Any) -> bool:  # noqa: ANN401 - a class with fields
    """Whether fields of a model say themselves where they come from."""
    parameters = read_signature(model).parameters.values()
    return any(isinstance(each.default, (Marker, Dependency)) for each in parameters)


def _constraints(mark: Marker | None) -> dict[str, Any]:
    if mark is None:
        return {}
    return {name: mark.options[name] for name in CONSTRAINTS if name in mark.options}  # type: ignore[literal-required]


def _optional_default(default: Any, annotation: Any, mark: Marker | None) -> Any:  # noqa: ANN401
    """The default; None for a type that has None in it and no other."""
    made = mark is not None and "default_factory" in mark.options
    if default is REQUIRED and not made and is_optional(annotation):
        return None
    return default
