"""Components: the schemas of an app's models, each under a name that no other one has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args, get_origin

from responder_openapi.references import list_references, rename_references

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

Schema: TypeAlias = "dict[str, Any]"
"""A JSON Schema of the dialect 2020-12, as a value."""

Mode: TypeAlias = Literal["input", "output"]
"""Whether a schema is of what clients send, or of what they are sent."""

POINTER = "#/components/schemas/"
"""What a reference to a component begins with."""

# What the references of drafts begin with.
_DRAFTS = "#/drafts/"


class Components:
    """Models and their schemas while a document is made, then their names.

    A model that is sent as it is received is one component. One that differs, as a field with
    a default that every answer has does, is two: ``Item-Input`` and ``Item-Output``.

    Args:
        describe: the schema of a model in a mode; it may call ``refer()`` for others.
        taken: names that are not to be given.
        given: names that the program chose, by model.
    """

    def __init__(
        self,
        describe: Callable[[Any, Mode], Schema],
        *,
        taken: Collection[str] = (),
        given: dict[Any, str] | None = None,
    ) -> None:
        self._describe = describe
        self._taken = set(taken)
        self._given = given or {}
        self._drafts: dict[tuple[Any, Mode], Schema] = {}
        self._models: dict[Any, int] = {}

    def refer(self, model: Any, mode: Mode) -> Schema:  # noqa: ANN401 - any class
        """A reference to a model, good until ``finish()`` gives it its name."""
        number = self._models.setdefault(model, len(self._models))
        if (model, mode) not in self._drafts:
            self._drafts[model, mode] = {}  # A model may have itself in it.
            self._drafts[model, mode] = self._describe(model, mode)
        return {"$ref": f"{_DRAFTS}{number}:{mode}"}

    def finish(self) -> dict[str, Schema]:
        """The components by name; what ``refer()`` gave before is known to ``settle()``."""
        self._by_number = list(self._models)
        self._split = self._find_split()
        self._names = self._name()
        return {
            self._name_of(model, mode): self.settle(draft)
            for (model, mode), draft in self._drafts.items()
        }

    def settle(self, schema: Schema) -> Schema:
        """A copy of a schema whose references are by name."""
        settled: Schema = rename_references(schema, self._settle_reference)
        return settled

    def _settle_reference(self, reference: str) -> str:
        if not reference.startswith(_DRAFTS):
            return reference  # The program wrote it.
        number, _, mode = reference.removeprefix(_DRAFTS).partition(":")
        return POINTER + self._name_of(self._by_number[int(number)], cast("Mode", mode))

    def _name_of(self, model: Any, mode: Mode) -> str:  # noqa: ANN401 - any class
        name = self._names[model]
        return f"{name}-{mode.capitalize()}" if model in self._split else name

    def _find_split(self) -> set[Any]:
        """The models whose schemas differ, by themselves or by a model that they have."""
        both = [
            each
            for each in self._models
            if (each, "input") in self._drafts and (each, "output") in self._drafts
        ]
        split = {
            each
            for each in both
            if _neutral(self._drafts[each, "input"]) != _neutral(self._drafts[each, "output"])
        }
        while True:
            marks = {f"{_DRAFTS}{self._models[each]}" for each in split}
            more = {
                each
                for each in both
                if each not in split
                and marks & list_references(_neutral(self._drafts[each, "input"]))
            }
            if not more:
                return split
            split |= more

    def _name(self) -> dict[Any, str]:
        """A name for each model: its own, as much of its module as tells it from others."""
        names = dict(self._given)
        taken = self._taken | set(names.values())
        groups: dict[str, list[Any]] = {}
        for model in self._models:
            if model not in names:
                groups.setdefault(short_name(model), []).append(model)
        for short, group in groups.items():
            for model, name in zip(group, _tell_apart(short, group, taken), strict=True):
                names[model] = name
                taken.add(name)
        return names


def model_name(name: str) -> str:
    """The name of a model, of its component: ``"Item-Input"`` → ``"Item"``."""
    return name.removesuffix("-Input").removesuffix("-Output")


def refuse_no_name(name: str, what: str) -> None:
    """Refuse what cannot be the name of a component (OpenAPI 3.1, Components Object).

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        msg = f"{name!r} is no name of {what}; use ASCII letters, digits, '.', '_' and '-'"
        raise ValueError(msg)


def short_name(model: Any) -> str:  # noqa: ANN401 - any class
    """The name of a class as a component: ``Page[Item]`` → ``"Page_Item"``."""
    origin = get_origin(model) or model
    parts = [str(getattr(origin, "__name__", origin))]
    parts += [short_name(each) for each in get_args(model)]
    return _clean("_".join(parts))


def _clean(text: str) -> str:
    """Only what the name of a component may have in it (OpenAPI 3.1, Components Object)."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", text)


def _tell_apart(short: str, group: Iterable[Any], taken: Collection[str]) -> list[str]:
    """A name for each model of a group that share a short one."""
    models = list(group)
    paths = [_module_path(each) for each in models]
    for count in range(max(map(len, paths)) + 1):
        names = [".".join([*path[len(path) - count :], short]) for path in paths]
        if len(set(names)) == len(names) and not set(names) & set(taken):
            return names
    # Two classes of one function: told apart by number, in the order they were met.
    numbered: list[str] = []
    for path in paths:
        base = name = ".".join([*path, short])
        number = 2
        while name in taken or name in numbered:
            name, number = f"{base}{number}", number + 1
        numbered.append(name)
    return numbered


def _module_path(model: Any) -> list[str]:  # noqa: ANN401 - any class
    origin = get_origin(model) or model
    outer = str(getattr(origin, "__qualname__", "")).split(".")[:-1]
    path = [*origin.__module__.split("."), *(each for each in outer if each != "<locals>")]
    return [_clean(each) for each in path]


def _neutral(draft: Schema) -> Schema:
    """A draft without the modes of its references."""
    found: Schema = rename_references(draft, lambda each: each.partition(":")[0])
    return found
