"""The route table: from a method and a path to what serves it, in one walk.

A dictionary holds the static paths, a tree of segments the rest, so that the cost does not grow
with the number of routes. The most specific template wins, whatever the order of registration:
text, then text with parameters, then typed parameters, ``str``, and ``path``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from responder_core.convertors import PATH, ParameterType
from responder_core.paths import Literal, Mixed, Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from responder_core.paths import PathTemplate

T = TypeVar("T")

# What may follow a text, for one method: how to read the last segment, what serves it, the name of
# the parameter; and what to try where it cannot be read.
Ending: TypeAlias = "tuple[Callable[[str], Any], T, str, Ending[T] | None]"


@dataclass(slots=True)
class Miss:
    """What the table knows of a path that nothing serves by the method asked for.

    Attributes:
        allowed: the methods that the path is served by; empty when it is unknown (404).
        other_slash: whether the path with its final slash toggled is known.
    """

    allowed: set[str]
    other_slash: bool = False


class _Leaf(Generic[T]):
    """What one template serves: a value for each method, and the names of the parameters.

    Templates that differ in the names alone share a leaf, so each method keeps its own names.
    """

    __slots__ = ("methods", "names")

    def __init__(self) -> None:
        self.methods: dict[str, T] = {}
        self.names: dict[str, tuple[str, ...]] = {}


class _Node(Generic[T]):
    """A place in the tree: what may follow, the most specific first, and what ends here."""

    __slots__ = ("leaf", "literals", "mixed", "path", "wholes")

    def __init__(self) -> None:
        self.leaf: _Leaf[T] | None = None
        self.literals: dict[str, _Node[T]] = {}
        self.mixed: list[tuple[Mixed, _Node[T]]] = []
        self.wholes: list[tuple[ParameterType, _Node[T]]] = []
        self.path: _Node[T] | None = None

    def child(self, segment: Literal | Whole | Mixed) -> _Node[T]:
        """The node behind a segment, made when there is none."""
        if isinstance(segment, Literal):
            return self.literals.setdefault(segment.text, _Node())
        if isinstance(segment, Mixed):
            for known, node in self.mixed:
                if known.key == segment.key:
                    return node
            self.mixed.append((segment, _Node()))
            self.mixed.sort(key=lambda item: item[0].weight)
            return self.child(segment)
        if segment.parameter.type is PATH:
            if self.path is None:
                self.path = _Node()
            return self.path
        for kind, node in self.wholes:
            if kind is segment.parameter.type:
                return node
        self.wholes.append((segment.parameter.type, _Node()))
        self.wholes.sort(key=lambda item: (item[0].rank, item[0].name))
        return self.child(segment)


class RouteTable(Generic[T]):
    """Finds what serves a method and a path.

    What is looked up for most requests is found by the method first: the dictionary of a method is
    in the caches of the processor, and what is kept for each route is one object less to fetch.

    Attributes:
        static: for each method, what serves the paths without parameters.
        endings: for GET of ``/users/{id}``: ``"GET"``, then ``"/users"``, then what may end there.
            A caller in a hurry looks in *static* and here, and calls ``walk()`` for the rest, or
            ``match()`` where there is one more ending.
    """

    __slots__ = ("_root", "endings", "static")

    def __init__(self) -> None:
        self.static: dict[str, dict[str, T]] = {}
        self.endings: dict[str, dict[str, Ending[T]]] = {}
        self._root: _Node[T] = _Node()

    def add(self, template: PathTemplate, methods: Mapping[str, T]) -> None:
        """Serve these methods of a template."""
        node = self._root
        for segment in template.segments:
            node = node.child(segment)
        if node.leaf is None:
            node.leaf = _Leaf()
        node.leaf.methods.update(methods)
        names = tuple(parameter.name for parameter in template.parameters)
        node.leaf.names.update(dict.fromkeys(methods, names))
        if template.is_static:
            for method, served in methods.items():
                self.static.setdefault(method, {})[template.text] = served
        else:
            self._index_ending(template)

    def _index_ending(self, template: PathTemplate) -> None:
        """Remember the last segment of templates whose other segments are text."""
        *head, last = template.segments
        if not isinstance(last, (Whole, Mixed)):
            return
        node = self._root
        for segment in head:
            if not isinstance(segment, Literal):
                return
            node = node.literals[segment.text]
        prefix = "".join("/" + segment.text for segment in head if isinstance(segment, Literal))
        if node.mixed or node.path is not None:
            # These have an order or an extent of their own, which only the walk knows.
            for endings in self.endings.values():
                endings.pop(prefix, None)
            return
        found: dict[str, Ending[T]] = {}
        for kind, child in reversed(node.wholes):
            if child.leaf is not None:
                for method, served in child.leaf.methods.items():
                    name = child.leaf.names[method][0]
                    found[method] = kind.parse, served, name, found.get(method)
        for method, ending in found.items():
            self.endings.setdefault(method, {})[prefix] = ending

    def find(self, method: str, path: str) -> tuple[T, dict[str, Any]] | Miss:
        """What serves a method of a path, with the path's parameters; or what is known of it.

        One walk finds the match, the methods allowed and the alternative of the final slash.
        Its cost is linear in the path for what a client can send.
        """
        paths = self.static.get(method)
        if paths is not None and path in paths:
            return paths[path], {}
        return self.match(method, path)

    def match(self, method: str, path: str) -> tuple[T, dict[str, Any]] | Miss:
        """As ``find()``, for what ``static`` does not have."""
        endings = self.endings.get(method)
        if endings is not None:
            head, slash, tail = path.rpartition("/")
            # These texts are empty or begin with a slash, and so does a path that has one of them.
            ending = endings.get(head) if slash else None
            while ending is not None:
                parse, served, name, ending = ending
                value = parse(tail)
                if value is not None:
                    return served, {name: value}
        return self.walk(method, path)

    def walk(self, method: str, path: str) -> tuple[T, dict[str, Any]] | Miss:
        """As ``find()``, for what neither ``static`` nor ``endings`` have."""
        miss = Miss(set())
        if not path.startswith("/"):
            return miss
        segments = path[1:].split("/")
        node, index, last = self._root, 0, len(segments) - 1
        values: tuple[Any, ...] = ()
        # Where only one thing may follow there is one way: most walks end on it.
        while index <= last and not (node.mixed or node.path is not None):
            segment = segments[index]
            if segment == "" and 0 < index == last and node.leaf is not None:
                miss.other_slash = True
            below = node.literals.get(segment)
            if node.wholes:
                if below is not None or len(node.wholes) > 1:
                    break
                kind, below = node.wholes[0]
                value = kind.parse(segment)
                if value is None:
                    return miss
                values = (*values, value)
            elif below is None:
                return miss
            node, index = below, index + 1
        ways: Iterable[tuple[_Leaf[T], tuple[Any, ...]]]
        if index > last and node.leaf is not None:
            ways = ((node.leaf, ()),)
        else:
            walk: _Walk[T] = _Walk(path, segments, miss)
            ways = walk.visit(node, index)
        for leaf, rest in ways:
            found = leaf.methods.get(method)
            if found is not None:
                return found, dict(zip(leaf.names[method], (*values, *rest), strict=True))
            miss.allowed.update(leaf.methods)
        return miss


class _Walk(Generic[T]):
    """One walk over the tree: yields what matches, the most specific first."""

    __slots__ = ("count", "miss", "path", "segments", "starts")

    def __init__(self, path: str, segments: list[str], miss: Miss) -> None:
        self.path = path
        self.segments = segments
        self.count = len(segments)
        self.miss = miss
        self.starts: list[int] | None = None

    def visit(self, node: _Node[T], index: int) -> Iterator[tuple[_Leaf[T], tuple[Any, ...]]]:
        """The leaves below a node that match the segments from *index* on, with their values."""
        if index == self.count:
            if node.leaf is not None:
                yield node.leaf, ()
            else:
                self.note_closed(node)
            return
        segment = self.segments[index]
        if segment == "" and self.is_last(index) and node.leaf is not None:
            self.miss.other_slash = True
        literal = node.literals.get(segment)
        if literal is not None:
            yield from self.visit(literal, index + 1)
        for mixed, child in node.mixed:
            values = mixed.parse(segment)
            if values is not None:
                for leaf, rest in self.visit(child, index + 1):
                    yield leaf, (*values, *rest)
        for kind, child in node.wholes:
            value = kind.parse(segment)
            if value is not None:
                for leaf, rest in self.visit(child, index + 1):
                    yield leaf, (value, *rest)
        if node.path is not None:
            yield from self.visit_path(node.path, index)

    def is_last(self, index: int) -> bool:
        """Whether a segment is the last of several: if it is empty, it is a final slash."""
        return 0 < index == self.count - 1

    def visit_path(self, node: _Node[T], index: int) -> Iterator[tuple[_Leaf[T], tuple[Any, ...]]]:
        """As ``visit()``, behind a path parameter that begins at *index*.

        What goes on behind the parameter is more specific than what ends with it; of its
        possible extents the longest comes first.
        """
        starts = self.starts or self._find_starts()
        begin = starts[index]
        if node.literals or node.mixed or node.wholes:
            only_text = not (node.mixed or node.wholes)
            for stop in range(self.count - 1, index, -1):
                # Most extents fail at the next segment: see that before walking on.
                if only_text and self.segments[stop] not in node.literals:
                    continue
                if starts[stop] - 1 > begin:
                    for leaf, rest in self.visit(node, stop):
                        yield leaf, (self.path[begin : starts[stop] - 1], *rest)
        if len(self.path) > begin:
            self.note_closed(node)
            if node.leaf is not None:
                yield node.leaf, (self.path[begin:],)

    def note_closed(self, node: _Node[T]) -> None:
        """Note whether the path that ends at a node is known with one more slash."""
        closed = node.literals.get("")
        if closed is not None and closed.leaf is not None and self.segments[-1] != "":
            self.miss.other_slash = True

    def _find_starts(self) -> list[int]:
        """Where each segment begins in the path."""
        starts: list[int] = []
        position = 1
        for segment in self.segments:
            starts.append(position)
            position += len(segment) + 1
        self.starts = starts
        return starts
