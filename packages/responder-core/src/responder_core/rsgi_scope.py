"""The scope of RSGI in the words of ASGI: made from granian's as it is read (RSGI 1.6).

Most requests need two of its keys, so none is made before somebody asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from responder_core.types import RANGESEND

if TYPE_CHECKING:
    from _collections_abc import dict_items, dict_keys, dict_values
    from collections.abc import Callable, Iterator

    from responder_core.types import Header


class RawHeaders(Protocol):
    """The header fields of a request as granian has them: names in lower case, values in ASCII."""

    def items(self) -> list[tuple[str, str]]:
        """Every field, repeated ones too; a value that is not ASCII is left out."""
        ...

    def keys(self) -> list[str]:
        """The name of every field, also where its value is left out."""
        ...

    def get_all(self, key: str) -> list[str]:
        """The values of one field."""
        ...


class RawScope(Protocol):
    """A connection as granian describes it."""

    proto: str
    http_version: str
    client: str
    server: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None

    @property
    def headers(self) -> RawHeaders:
        """The header fields."""
        ...


is_made: Callable[[dict[str, Any], object], bool] = dict[str, Any].__contains__
"""Whether a scope has a key that was read or set already: ``is_made(scope, "headers")``."""


class RSGIScope(dict[str, Any]):
    """A connection scope of ASGI over one of RSGI; what was read or set stays, as in a dict.

    ::

        scope = RSGIScope()
        scope.raw, scope.fields = raw, raw.headers
        scope["client"]  # ("127.0.0.1", 51234)

    Attributes:
        raw: the connection as granian describes it.
        fields: its header fields, which granian wraps anew for each who asks.
    """

    __slots__ = ("fields", "raw")

    # Both are set by who makes it: __init__() would be one more call for every request.
    raw: RawScope
    fields: RawHeaders

    def __missing__(self, key: str) -> Any:  # noqa: ANN401 - a value of the scope
        value = self[key] = _MAKERS[key](self)
        return value

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - a value of the scope
        """The value of a key, or the default."""
        if is_made(self, key) or key in _MAKERS:
            return self[key]
        return default

    def setdefault(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as above
        """The value of a key, which is set where it is missing."""
        if key in _MAKERS:
            return self[key]
        return super().setdefault(key, default)

    def __contains__(self, key: object) -> bool:
        return key in _MAKERS or is_made(self, key)

    def __iter__(self) -> Iterator[str]:
        # Also what {**scope} and dict(scope) go by, since it is no longer that of dict.
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> dict_keys[str, Any]:
        """Every key, all made now."""
        self._make_all()
        return super().keys()

    def values(self) -> dict_values[str, Any]:
        """Every value."""
        self._make_all()
        return super().values()

    def items(self) -> dict_items[str, Any]:
        """Every key with its value."""
        self._make_all()
        return super().items()

    def copy(self) -> dict[str, Any]:
        """A plain dict of the same."""
        return dict(self.items())

    def __or__(self, other: dict[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        return self.copy() | other

    def __ror__(self, other: dict[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        return other | self.copy()

    def __eq__(self, other: object) -> bool:
        self._make_all()
        return super().__eq__(other)

    __hash__ = None

    def __repr__(self) -> str:
        return repr(self.copy())

    def _make_all(self) -> None:
        for key in _MAKERS:
            self[key]


def _encode_fields(scope: RSGIScope) -> list[Header]:
    """The header fields as ASGI has them; HTTP/2 says the host elsewhere (RFC 9113 §8.3.1).

    A field whose value granian leaves out has one that is not ASCII here either, so that nobody
    takes it for one that was not sent: a condition, a coding, an address.
    """
    fields = [
        (name.encode("ascii"), value.encode("latin-1")) for name, value in scope.fields.items()
    ]
    names = {name for name, _ in fields}
    lost = {key.encode("ascii") for key in scope.fields.keys()} - names  # noqa: SIM118 - no dict
    fields += [(name, _LOST) for name in sorted(lost)]
    raw = scope.raw
    authority = raw.authority
    if authority and raw.http_version == "2" and all(name != b"host" for name, _ in fields):
        fields.insert(0, (b"host", authority.encode("latin-1", "replace")))
    return fields


def split_address(text: str) -> tuple[str, int] | None:
    """An address as ASGI has it: ``"127.0.0.1:80"`` → ``("127.0.0.1", 80)``; None for none.

    ``split_address("[::1]:80")`` → ``("::1", 80)``. A Unix socket has no peer to tell.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit():
        return None
    return host.removeprefix("[").removesuffix("]"), int(port)


_LOST = b"\xff"
_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}
# What granian calls the versions of HTTP, where ASGI has another word.
_VERSIONS = {"1": "1.0"}


def _scheme(scope: RSGIScope) -> str:
    raw = scope.raw
    return _SOCKET_SCHEMES.get(raw.scheme, raw.scheme) if raw.proto == "ws" else raw.scheme


def _subprotocols(scope: RSGIScope) -> list[str]:
    fields = ",".join(scope.fields.get_all("sec-websocket-protocol"))
    return [name for each in fields.split(",") if (name := each.strip())]


def _extensions(scope: RSGIScope) -> dict[str, Any]:
    return {} if scope.raw.proto == "ws" else {"http.response.pathsend": {}, RANGESEND: {}}


_MAKERS: dict[str, Callable[[RSGIScope], Any]] = {
    "type": lambda scope: "websocket" if scope.raw.proto == "ws" else "http",
    "asgi": lambda _: {"version": "3.0", "spec_version": "2.3"},
    "http_version": lambda scope: _VERSIONS.get(scope.raw.http_version, scope.raw.http_version),
    "method": lambda scope: scope.raw.method,
    "scheme": _scheme,
    "path": lambda scope: scope.raw.path,
    "query_string": lambda scope: scope.raw.query_string.encode(),
    "root_path": lambda _: "",
    "headers": _encode_fields,
    "client": lambda scope: split_address(scope.raw.client),
    "server": lambda scope: split_address(scope.raw.server),
    "subprotocols": _subprotocols,
    "state": lambda _: {},
    "extensions": _extensions,
}
