"""Path templates: ``/users/{id:int}`` read once, matched by segment, turned back into paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from responder_core.convertors import PATH, ParameterType
from responder_core.errors import PathTemplateError
from responder_core.http.urls import quote_path, quote_segment

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARAMETER = re.compile(r"\{([^{}]*)\}")
# One piece after the other, so that a long template is read in the time of one pass.
_UP_TO_BRACE = re.compile(r"[^{}]*[{}]?")
# More than the hyphens of a UUID, few enough that a long segment costs no more.
_MAX_SPLITS = 16
_DECLARATION = re.compile(r"([A-Za-z_]\w*)(?::(\w+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a template: ``{id:int}``."""

    name: str
    type: ParameterType


@dataclass(frozen=True, slots=True)
class Literal:
    """A segment that is only text."""

    text: str

    @property
    def key(self) -> tuple[object, ...]:
        """What two segments share that match the same texts."""
        return ("literal", self.text)


@dataclass(frozen=True, slots=True)
class Whole:
    """A segment that is only a parameter: ``{id:int}``."""

    parameter: Parameter

    @property
    def key(self) -> tuple[object, ...]:
        """What two segments share that match the same texts."""
        return ("whole", self.parameter.type.name)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the segment."""
        return (self.parameter,)


@dataclass(frozen=True, slots=True)
class Mixed:
    """A segment of text and parameters: ``v{major:int}.{minor:int}``, ``{slug}.json``.

    ``texts`` has one element more than ``parameters``: what stands before, between and after.
    """

    texts: tuple[str, ...]
    parameters: tuple[Parameter, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """What two segments share that match the same texts."""
        return ("mixed", self.texts, tuple(item.type.name for item in self.parameters))

    @property
    def weight(self) -> tuple[int, tuple[int, ...], tuple[str, ...], tuple[str, ...]]:
        """Sorts the more specific first: more text, then stricter types, then by name."""
        ranks = tuple(item.type.rank for item in self.parameters)
        names = tuple(item.type.name for item in self.parameters)
        return -sum(map(len, self.texts)), ranks, self.texts, names

    def parse(self, segment: str) -> list[Any] | None:
        """The values of the parameters, or None when the segment does not match.

        ``{name}.{ext}`` splits ``a.tar.gz`` into ``a.tar`` and ``gz``, ``{id:int}-{slug}``
        splits ``12-my-post`` into 12 and ``my-post``. Numbers and UUIDs are read from the
        left, as they end by themselves, the others from the right, each up to the last place
        where the text before it stands. At most ``_MAX_SPLITS`` places are tried for each,
        so the work is linear in the segment, whatever a client sends.
        """
        texts, parameters = self.texts, self.parameters
        start, stop = len(texts[0]), len(segment) - len(texts[-1])
        if start >= stop or not segment.startswith(texts[0]) or not segment.endswith(texts[-1]):
            return None
        first, last = 0, len(parameters) - 1
        left: list[Any] = []
        while first < last and parameters[first].type.self_ending:
            kind = parameters[first].type
            found = kind.pattern.match(segment, start, stop)
            value = kind.parse(found.group()) if found is not None else None
            first += 1
            if found is None or value is None or not segment.startswith(texts[first], found.end()):
                return None
            start = found.end() + len(texts[first])
            left.append(value)
        right: list[Any] = []
        for index in range(last, first, -1):
            split = self._split_last(index, segment, start, stop)
            if split is None:
                return None
            value, stop = split
            right.append(value)
        value = parameters[first].type.parse(segment[start:stop]) if start < stop else None
        return None if value is None else [*left, value, *reversed(right)]

    def _split_last(
        self, index: int, segment: str, start: int, stop: int
    ) -> tuple[Any, int] | None:
        """The value of a parameter that ends at *stop*, and where the text before it begins."""
        text, parse = self.texts[index], self.parameters[index].type.parse
        end = stop - 1
        for _ in range(_MAX_SPLITS):
            at = segment.rfind(text, start, end)
            if at < 0:
                return None
            value = parse(segment[at + len(text) : stop])
            if value is not None:
                return value, at
            end = at + len(text) - 1
        return None


Segment: TypeAlias = "Literal | Whole | Mixed"


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """A path template, read: ``/users/{id:int}``.

    Attributes:
        text: the template as written.
        segments: what stands between the slashes, in order.
        parameters: every parameter, in order.
    """

    text: str
    segments: tuple[Segment, ...]
    parameters: tuple[Parameter, ...]

    @property
    def key(self) -> tuple[tuple[object, ...], ...]:
        """What two templates share that match the same paths."""
        return tuple(segment.key for segment in self.segments)

    @property
    def is_static(self) -> bool:
        """Whether the template has no parameters, and so is a path itself."""
        return not self.parameters

    def format(self, values: Mapping[str, Any]) -> str:
        """The path for these values, percent-encoded. The reverse of matching.

        ``/users/{id:int}`` with ``{"id": 7}`` → ``/users/7``.

        Raises:
            KeyError: a parameter has no value.
            ValueError: a value's text would not match its parameter again.
        """
        path = "/" + "/".join(self._format_segment(segment, values) for segment in self.segments)
        # "//host" would name another host (RFC 3986 §4.2).
        return "/%2F" + path[2:] if path.startswith("//") else path

    def _format_segment(self, segment: Segment, values: Mapping[str, Any]) -> str:
        if isinstance(segment, Literal):
            return quote_segment(segment.text)
        texts = [self._format_parameter(item, values) for item in segment.parameters]
        whole = texts[0]
        if isinstance(segment, Mixed):
            pieces = [segment.texts[0]]
            for text, literal in zip(texts, segment.texts[1:], strict=True):
                pieces += (text, literal)
            whole = "".join(pieces)
            meant = [
                item.type.parse(text) for item, text in zip(segment.parameters, texts, strict=True)
            ]
            if segment.parse(whole) != meant:
                msg = f"{whole!r} would be read otherwise by {self.text!r}; choose other values"
                raise ValueError(msg)
        if not {".", ".."}.isdisjoint(whole.split("/")):
            msg = f"{whole!r} has a dot segment, which clients resolve before they send it"
            raise ValueError(msg)
        return quote_path(whole)

    def _format_parameter(self, parameter: Parameter, values: Mapping[str, Any]) -> str:
        if parameter.name not in values:
            msg = f"the path {self.text!r} needs a value for {parameter.name!r}"
            raise KeyError(msg)
        value = values[parameter.name]
        text = parameter.type.to_string(value)
        if parameter.type is not PATH and "/" in text:
            msg = f"{parameter.name}={value!r} has a slash, which {self.text!r} does not match"
            raise ValueError(msg)
        if parameter.type.parse(text) is None:
            msg = f"{parameter.name}={value!r} is no {parameter.type.name}, as {self.text!r} asks"
            raise ValueError(msg)
        return text


def refuse_no_path(path: object) -> None:
    """Refuse what is no path, such as a view: a decorator without its call would lose it.

    Raises:
        TypeError: it is not a str.
    """
    if not isinstance(path, str):
        msg = f"a route needs a path before the view, as in route('/users'), not {path!r}"
        raise TypeError(msg)


def parse_template(text: str, types: Mapping[str, ParameterType]) -> PathTemplate:
    """Read a path template; *types* are the known convertors by name.

    Raises:
        PathTemplateError: the template cannot work; the message says why.
    """
    if not text.startswith("/"):
        msg = f"a route starts with a slash: {text!r} does not; write {'/' + text!r}"
        raise PathTemplateError(msg)
    segments = tuple(_parse_segment(part, text, types) for part in _split(text))
    parameters = tuple(
        item
        for segment in segments
        if not isinstance(segment, Literal)
        for item in segment.parameters
    )
    names: set[str] = set()
    for item in parameters:
        if item.name in names:
            msg = f"route {text!r} has the parameter {item.name!r} twice; each needs its own name"
            raise PathTemplateError(msg)
        names.add(item.name)
    if sum(item.type is PATH for item in parameters) > 1:
        msg = f"route {text!r} has two path parameters; where one ends would be a guess"
        raise PathTemplateError(msg)
    return PathTemplate(text, segments, parameters)


def _split(text: str) -> list[str]:
    """The segments of a template; a slash inside braces is left for the error it deserves."""
    segments: list[list[str]] = [[]]
    for piece in _UP_TO_BRACE.findall(text[1:]):
        head, *others = [piece] if piece.endswith("}") else piece.split("/")
        segments[-1].append(head)
        segments += ([each] for each in others)
    return ["".join(segment) for segment in segments]


def _parse_segment(part: str, template: str, types: Mapping[str, ParameterType]) -> Segment:
    pieces = _PARAMETER.split(part)
    texts, declarations = tuple(pieces[::2]), pieces[1::2]
    if any("{" in piece or "}" in piece for piece in texts):
        msg = f"route {template!r} has a brace without its partner; write {{name}}"
        raise PathTemplateError(msg)
    if not declarations:
        return Literal(part)
    parameters = tuple(_parse_parameter(item, template, types) for item in declarations)
    if len(parameters) == 1 and texts == ("", ""):
        return Whole(parameters[0])
    if any(item.type is PATH for item in parameters):
        msg = f"route {template!r}: a path parameter fills its segment; put a slash around it"
        raise PathTemplateError(msg)
    if "" in texts[1:-1]:
        msg = f"route {template!r} has two parameters without text between them"
        raise PathTemplateError(msg)
    return Mixed(texts, parameters)


def _parse_parameter(
    declaration: str, template: str, types: Mapping[str, ParameterType]
) -> Parameter:
    found = _DECLARATION.fullmatch(declaration)
    if found is None:
        msg = f"route {template!r}: {{{declaration}}} is no parameter; write {{id}} or {{id:int}}"
        raise PathTemplateError(msg)
    name, kind = found.group(1), found.group(2) or "str"
    if kind not in types:
        known = ", ".join(sorted(types))
        msg = f"route {template!r} has an unknown convertor {kind!r}; known are: {known}"
        raise PathTemplateError(msg)
    return Parameter(name, types[kind])
