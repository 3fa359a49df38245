"""YAML (RFC 9512), by PyYAML: safe to load, and with a cost that is known before it is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from responder_core.errors import Problem
from responder_core.formats.format import Format
from responder_core.formats.values import make_hook, simplify
from responder_core.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from responder_core.settings import Settings

_DEFAULT = Limits()
_THREAD_SIZE = 16 * 1024

# The tags of YAML 1.1 that a safe loader knows, and that are no way to hide a key.
_PREFIX = "tag:yaml.org,2002:"
_TAGS = frozenset(
    _PREFIX + name
    for name in (
        *("binary", "bool", "float", "int", "map", "null", "seq", "set", "str", "timestamp"),
    )
)
_NUMBERS = frozenset({_PREFIX + "float", _PREFIX + "int"})
_DIGITS = "+-.:_0123456789abcdefABCDEFoxOX"


def make_format(settings: Settings) -> Format:
    """YAML as a program chose it; there only when PyYAML is."""
    limits = settings.limits

    def decode_content(content: bytes) -> Any:  # noqa: ANN401 - whatever was sent
        return decode(content, limits)

    return Format(
        "yaml",
        ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"),
        decode=decode_content,
        encode=make_encoder(settings),
        suffix="yaml",
        available=find_spec("yaml") is not None,
        is_text=True,
        decode_within=decode,
        thread_size=_THREAD_SIZE,
    )


def _import_yaml() -> ModuleType:
    try:
        import yaml
    except ModuleNotFoundError as error:
        msg = "YAML needs PyYAML: pip install 'responder-core[yaml]'"
        raise RuntimeError(msg) from error
    return yaml


def make_encoder(settings: Settings) -> Callable[[Any], bytes]:
    r"""The encoder of a program: ``encode({"id": 1})`` → ``b"id: 1\n"``, the values as in JSON."""
    hook = make_hook("YAML", settings.encoder)

    def encode(value: object) -> bytes:
        yaml = _import_yaml()
        plain = simplify(value, hook)
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        text: str = yaml.dump(plain, Dumper=dumper, allow_unicode=True, sort_keys=False)
        return text.encode()

    return encode


def decode(content: bytes, limits: Limits = _DEFAULT) -> Any:  # noqa: ANN401 - whatever was sent
    """The value of a YAML document: ``decode(b"id: 1")`` → ``{"id": 1}``.

    The document is counted before anything is built of it. Values are what YAML 1.1 makes of
    them: ``2026-01-02`` is a date, ``yes`` is True.

    Raises:
        Problem: 400, it is no YAML, holds several documents, tags that are not those of plain
            values, the same key twice, or exceeds the limits. The detail tells where, and
            repeats nothing of the text.
        RuntimeError: PyYAML is not installed.
    """
    yaml = _import_yaml()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(400, "The YAML is no UTF-8.") from None
    try:
        _Count(limits).run(yaml, yaml.parse(text, Loader=loader))
        return _build(yaml, text, loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Problem(400, f"The body is no valid YAML{where}.") from None
    except (yaml.YAMLError, ValueError):
        raise Problem(400, "The body is no valid YAML.") from None


def _build(yaml: ModuleType, text: str, loader: type[Any]) -> Any:  # noqa: ANN401
    try:
        return yaml.load(text, Loader=loader)
    except yaml.YAMLError:
        raise
    except Exception as error:
        # PyYAML takes it for granted that a date is one, a number has digits, and so on.
        msg = "a value that cannot be built"
        raise ValueError(msg) from error


@dataclass(slots=True)
class _Frame:
    """A collection that is being read: how many values it holds, and the keys of a mapping."""

    anchor: str | None
    keys: set[tuple[str, bool]] | None
    values: int = 1
    next_is_key: bool = True


@dataclass(slots=True)
class _Count:
    """Counts a document by its events, before it is built.

    An alias counts as all the values that it stands for, so that what is built, and what is
    written of it later, is no larger than what was counted.
    """

    limits: Limits
    documents: int = 0
    aliases: int = 0
    frames: list[_Frame] = field(default_factory=list[_Frame])
    sizes: dict[str, int] = field(default_factory=dict[str, int])
    total: int = 0

    def run(self, yaml: ModuleType, events: Any) -> None:  # noqa: ANN401 - of PyYAML
        """Read every event.

        Raises:
            Problem: 400, the document is refused.
        """
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self.check_scalar(event)
            elif isinstance(event, yaml.AliasEvent):
                self.add_alias(event.anchor)
            elif isinstance(event, yaml.CollectionStartEvent):
                self.open(event, is_mapping=isinstance(event, yaml.MappingStartEvent))
            elif isinstance(event, yaml.CollectionEndEvent):
                self.close()
            elif isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    raise Problem(400, "The YAML has several documents; send one.")
        if not self.documents:
            raise Problem(400, "The body is empty; send YAML.")

    def check_scalar(self, event: Any) -> None:  # noqa: ANN401 - of PyYAML
        """Count a scalar; refuse a number of too many digits, and a key that was there."""
        self.check_tag(event.tag)
        value: str = event.value
        plain: bool = event.implicit[0]
        limit = self.limits.digits
        if len(value) > limit and (plain or event.tag in _NUMBERS) and _is_number(value):
            msg = f"The YAML has a number of more than {limit} digits; quote it if it is text."
            raise Problem(400, msg)
        if not value.isascii():
            value.encode()  # A lone surrogate, by an escape, is a ValueError here.
        self.count(1, event.anchor, (value, plain))

    def add_alias(self, anchor: str) -> None:
        """Count what an alias stands for."""
        self.aliases += 1
        if self.aliases > self.limits.yaml_aliases:
            msg = f"The YAML has more than {self.limits.yaml_aliases} aliases."
            raise Problem(400, msg)
        if any(frame.anchor == anchor for frame in self.frames):
            raise Problem(400, "The YAML has a value that holds itself.")
        self.count(self.sizes.get(anchor, 1))

    def open(self, event: Any, *, is_mapping: bool) -> None:  # noqa: ANN401 - of PyYAML
        """Enter a collection."""
        self.check_tag(event.tag)
        self.count(1)
        if len(self.frames) >= self.limits.depth:
            msg = f"The YAML is nested more than {self.limits.depth} levels deep."
            raise Problem(400, msg)
        self.frames.append(_Frame(event.anchor, set() if is_mapping else None))

    def close(self) -> None:
        """Leave a collection."""
        frame = self.frames.pop()
        if frame.anchor is not None:
            self.sizes[frame.anchor] = frame.values
        if self.frames:
            self.frames[-1].values += frame.values - 1  # It was counted as one when it began.

    def count(
        self, values: int, anchor: str | None = None, key: tuple[str, bool] | None = None
    ) -> None:
        """Add values to the collection they stand in, as a key or an item of it."""
        self.total += values
        if self.total > self.limits.yaml_nodes:
            msg = f"The YAML has more than {self.limits.yaml_nodes} values."
            raise Problem(400, msg)
        if anchor is not None:
            self.sizes[anchor] = values
        if not self.frames:
            return
        frame = self.frames[-1]
        frame.values += values
        if frame.keys is not None:
            if frame.next_is_key and key is not None and key != ("<<", True):
                if key in frame.keys:
                    raise Problem(400, "The YAML has a mapping with the same key twice.")
                frame.keys.add(key)
            frame.next_is_key = not frame.next_is_key

    def check_tag(self, tag: str | None) -> None:
        """Refuse a tag that asks for more than a plain value."""
        if tag is not None and tag != "!" and tag not in _TAGS:
            raise Problem(400, "The YAML has a tag; send plain values.")


def _is_number(value: str) -> bool:
    """Whether a long scalar may be a number, which takes long to read."""
    return value[0] in "+-.0123456789" and not value.strip(_DIGITS)
