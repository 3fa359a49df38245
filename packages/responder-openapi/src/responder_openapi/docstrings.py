"""Docstrings: a summary, a description, and YAML behind ``---`` that is put over the operation."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from responder_openapi.errors import DocstringError
from responder_openapi.fragments import find_fault, merge
from responder_openapi.values import is_list, is_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_openapi.components import Schema

METHODS = frozenset({"delete", "get", "head", "options", "patch", "post", "put", "query", "trace"})
"""The members of a path item that are operations (OpenAPI 3.2, Path Item Object)."""

_MARK = "---"


@dataclass(frozen=True, slots=True)
class Docstring:
    """What a docstring tells.

    Attributes:
        summary: its first line.
        description: the rest, up to the mark.
        fragments: the YAML behind the mark: members of the operation under ``""``, and those
            of one method under its name.
    """

    summary: str = ""
    description: str = ""
    fragments: dict[str, Schema] = field(default_factory=dict[str, "Schema"])

    def fragment(self, method: str) -> Schema:
        """The members of the operation of a method."""
        return merge(self.fragments.get("", {}), self.fragments.get(method.lower(), {}))


def read_docstring(function: Callable[..., Any]) -> Docstring:
    r"""What the docstring of a function or class tells.

    ``'''Say hello.\\n\\nTo anyone.\\n---\\ntags: [greeting]'''`` has a summary, a description, and
    the tags. ``---\\nget:\\n  tags: [x]`` speaks of one method, as apispec has it.

    Raises:
        DocstringError: the YAML cannot be read; the message names file and line.
    """
    text = _own_docstring(function)
    if not text:
        return Docstring()
    lines = inspect.cleandoc(text).splitlines()
    at = lines.index(_MARK) if _MARK in lines else len(lines)
    told = "\n".join(lines[:at]).strip()
    summary, _, rest = told.partition("\n")
    fragments: dict[str, Schema] = {}
    if at < len(lines):
        fragments = _read_fragments("\n".join(lines[at + 1 :]), function)
    return Docstring(summary.strip().removesuffix("."), rest.strip(), fragments)


def _own_docstring(function: Any) -> str | None:  # noqa: ANN401 - a function or a class
    target = _target(function)
    found: object = vars(target).get("__doc__") if isinstance(target, type) else target.__doc__
    return found if isinstance(found, str) else None


def _target(function: Any) -> Any:  # noqa: ANN401 - whatever was registered
    """What a program wrote: of a partial its function, of an object what it calls, or its class."""
    if isinstance(function, type):
        return cast("type[object]", function)
    target: Any = inspect.unwrap(function)
    while isinstance(target, partial):
        inner: Any = target.func
        target = inspect.unwrap(inner)
    if hasattr(target, "__qualname__"):
        return target
    kind: Any = target.__class__
    called = inspect.getattr_static(kind, "__call__", None)
    return called if getattr(called, "__doc__", None) else kind


def _read_fragments(text: str, function: Callable[..., Any]) -> dict[str, Schema]:
    try:
        import yaml
    except ImportError as error:
        msg = (
            f"the docstring of {_place(function, 0)} has YAML behind '---', which needs PyYAML: "
            "pip install 'responder-core[yaml]'"
        )
        raise DocstringError(msg) from error
    try:
        found: Any = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 0
        msg = (
            f"the YAML in the docstring of {_place(function, line)} cannot be read: {error.problem}"
        )
        raise DocstringError(msg) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        msg = f"the YAML in the docstring of {_place(function, 0)} cannot be read: {reason}"
        raise DocstringError(msg) from error
    if found is None:
        return {}
    if not is_table(found):
        raise _fault(function, 1, f"it is {type(found).__name__}; write members of an operation")
    try:
        table: Schema = with_text_keys(found)
    except RecursionError:
        raise _fault(function, 1, "it has a value that holds itself") from None
    fragments = {key: table.pop(key) for key in sorted(METHODS & table.keys())}
    for name, fragment in fragments.items():
        if not is_table(fragment):
            raise _fault(function, 1, f"{name} is a mapping, not {fragment!r}")
    fragments[""] = table
    for fragment in fragments.values():
        fault = find_fault(fragment)
        if fault is not None:
            raise _fault(function, 1, fault)
    return fragments


def _fault(function: Callable[..., Any], line: int, what: str) -> DocstringError:
    return DocstringError(f"the YAML in the docstring of {_place(function, line)}: {what}")


def with_text_keys(value: Any) -> Any:  # noqa: ANN401 - what YAML or a program has
    """A value whose keys are texts, as those of JSON are: ``{200: …}`` → ``{"200": …}``."""
    if is_table(value):
        table: dict[Any, Any] = value
        return {str(key): with_text_keys(each) for key, each in table.items()}
    if is_list(value):
        return [with_text_keys(each) for each in value]
    return value


def _place(function: Any, line: int) -> str:  # noqa: ANN401 - a function or a class
    """Where the YAML of a docstring stands: ``"'app.show' (app.py:12)"``."""
    target = _target(function)
    name = f"{target.__module__}.{target.__qualname__}"
    try:
        lines, first = inspect.getsourcelines(target)
        file = inspect.getsourcefile(target) or ""
    except (OSError, TypeError):
        return repr(name)
    marks = [number for number, each in enumerate(lines) if each.strip() == _MARK]
    found = first + (marks[0] if marks else 0) + line
    return f"{name!r} ({file.rpartition('/')[2]}:{found})"
