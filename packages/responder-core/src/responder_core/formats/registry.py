"""The formats of an app: which there are, and which one a media type or an Accept field names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from responder_core.formats.format import Format, adapt
from responder_core.http.accept import parse_accept, quality
from responder_core.http.media_types import parse_media_type
from responder_core.threads import is_async

if TYPE_CHECKING:
    from typing import TypeAlias

    from responder_core.types import Header

    Choice: TypeAlias = "tuple[Callable[[Any], bytes], Header]"
    from responder_core.settings import Settings

__all__ = ["Format", "Formats"]

K = TypeVar("K", bound="bytes | str")

# So many header values are remembered; then the memory starts anew. A longer one is not.
_MAX_KEPT = 256
_MAX_LENGTH = 512


class Formats(MutableMapping[str, Format]):
    """The formats of an app by name, in the order in which they are preferred.

    ``api.formats["x"] = Format(...)``, or a coroutine function of the older style,
    ``f(r, encode=False)``.

    The standard ones are imported when the first format is asked for.

    Attributes:
        choices: what encodes media for an Accept field, and the Content-Type that goes with
            it: those that were chosen lately. For who finishes a response.
        plain_json: what encodes JSON where the program chose nothing of it, once it is loaded.
        writes_plain_json: whether that is what encodes the format ``"json"``.
        revision: how often the formats have changed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._formats: dict[str, Format] = {}
        self._loaded = False
        # An app may be served on several event loops, each in a thread of its own.
        self._lock = Lock()
        self._types: dict[str, Format] = {}
        self._suffixes: dict[str, Format] = {}
        self._by_type: dict[bytes, Format | None] = {}
        self._by_accept: dict[bytes, Format | None] = {}
        self.choices: dict[bytes | None, Choice] = {}
        self.plain_json: Callable[[Any], bytes] | None = None
        self.writes_plain_json: bool = False
        self.revision: int = 0

    def load(self) -> None:
        """Import the standard formats, so that no request has to."""
        if not self._loaded:
            with self._lock:
                if not self._loaded:  # Else another thread has done it meanwhile.
                    self._load()

    def _load(self) -> None:
        from responder_core.formats import form, json, msgpack, yaml

        self.plain_json = json.encode
        made = (json.make_format, yaml.make_format, form.make_form, form.make_files)
        standard = [make(self._settings) for make in (*made, msgpack.make_format)]
        self._formats = {each.name: each for each in standard}
        self._index()
        # Last, as another thread goes on without the lock once it is set.
        self._loaded = True

    def _index(self) -> None:
        known = [each for each in self._formats.values() if each.available]
        # What was registered first keeps a type that two have.
        self._types = {kind: each for each in reversed(known) for kind in each.media_types}
        self._suffixes = {each.suffix: each for each in reversed(known) if each.suffix}
        json = self._formats.get("json")
        self.writes_plain_json = json in known and json.encode is self.plain_json
        # Other ones, so that what another thread finds meanwhile is not remembered.
        self._by_type, self._by_accept = {}, {}
        self.revision += 1
        self.choices.clear()

    @property
    def reads_plain_json(self) -> bool:
        """Whether ``application/json`` is read by the standard format."""
        from responder_core.formats.json import check

        found = self.for_type(b"application/json")
        return found is not None and found.check is check

    def __getitem__(self, name: str) -> Format:
        self.load()
        return self._formats[name]

    def __setitem__(self, name: str, value: Format | Callable[..., Awaitable[Any]]) -> None:
        self.load()
        if not isinstance(value, Format):
            if not is_async(value):
                msg = (
                    f"api.formats[{name!r}] takes a Format or a coroutine function of "
                    f"(r, encode=False), not {value!r}"
                )
                raise TypeError(msg)
            value = adapt(name, value)
        elif value.name != name:
            value = replace(value, name=name)
        with self._lock:
            # Another one, as another thread may go through it.
            self._formats = {**self._formats, name: value}
            self._index()

    def __delitem__(self, name: str) -> None:
        self.load()
        with self._lock:
            formats = dict(self._formats)
            del formats[name]
            self._formats = formats
            self._index()

    def __iter__(self) -> Iterator[str]:
        self.load()
        return iter(self._formats)

    def __len__(self) -> int:
        self.load()
        return len(self._formats)

    def named(self, name: str) -> Format:
        """The format of a name.

        Raises:
            ValueError: there is none; the message lists those there are.
        """
        self.load()
        found = self._formats.get(name)
        if found is None:
            msg = f"there is no format {name!r}; there are {', '.join(self._formats)}"
            raise ValueError(msg)
        return found

    def for_type(self, content_type: bytes) -> Format | None:
        """The format that a Content-Type names, or None for one that is not understood.

        ``for_type(b"application/problem+json; charset=utf-8")`` → the one of JSON.
        """
        try:
            return self._by_type[content_type]
        except KeyError:
            pass
        self.load()
        memory = self._by_type
        main, sub = parse_media_type(content_type.decode("latin-1"))
        found = self._types.get(f"{main}/{sub}")
        if found is None and "+" in sub:
            found = self._suffixes.get(sub.rpartition("+")[2])
        return _remember(memory, content_type, found)

    def understood(self) -> str:
        """The media types that are read, for the Accept field of a 415 (RFC 9110 §15.5.16)."""
        self.load()
        types = [kind for each in self._formats.values() for kind in _read_types(each)]
        return ", ".join(dict.fromkeys(types))

    def written(self) -> list[str]:
        """The media types that media can be sent as, in the order of the formats."""
        self.load()
        known = [each for each in self._formats.values() if each.available]
        return [each.media_types[0] for each in known if each.encode or each.legacy]

    def remember(
        self, accept: bytes | None, encode: Callable[[Any], bytes], field: Header, *, revision: int
    ) -> None:
        """Keep what was chosen for an Accept field from the formats of a *revision*."""
        if accept is not None and len(accept) > _MAX_LENGTH:
            return
        with self._lock:
            if revision != self.revision:
                return  # Another thread has changed them since.
            if len(self.choices) >= _MAX_KEPT:
                self.choices.clear()
            self.choices[accept] = encode, field

    def negotiate(self, accept: bytes | None) -> Format | None:
        """The format that a client likes best to get, or None when it takes none.

        *accept* is the raw Accept field. Without one, and for ``*/*``, it is the first format,
        JSON. Ranges like ``text/*`` find the type that a format is sent as; the other names
        that it has count only where they are spelled out (RFC 9110 §12.5.1).
        """
        key = accept or b""
        try:
            return self._by_accept[key]
        except KeyError:
            pass
        self.load()
        memory = self._by_accept
        header = key.decode("latin-1")
        best, weight = None, 0.0
        for each in self._formats.values():
            if each.available and (each.encode or each.legacy):
                found = _weigh(header, each.media_types)
                if found > weight:
                    best, weight = each, found
        return _remember(memory, key, best)


def _remember(memory: dict[K, Format | None], key: K, found: Format | None) -> Format | None:
    if len(key) <= _MAX_LENGTH:
        if len(memory) >= _MAX_KEPT:
            memory.clear()
        memory[key] = found
    return found


def _weigh(header: str, media_types: tuple[str, ...]) -> float:
    """The weight that an Accept field gives a format with these names."""
    named = {f"{each.main}/{each.sub}" for each in parse_accept(header)}
    others = (kind for kind in media_types[1:] if kind in named)
    return max([quality(header, kind) for kind in (*media_types[:1], *others)], default=0.0)


def _read_types(each: Format) -> tuple[str, ...]:
    """The types by which a client may send a format: one, but for forms, which have two."""
    if not each.available or (each.decode is None and each.read is None):
        return ()
    return each.media_types if each.name == "form" else each.media_types[:1]
