"""What is generated from the code: a comment ``<!-- generated: KIND ARGUMENT -->`` becomes it.

Each kind is a function that gives Markdown. Nothing of it is kept in a file, so nothing of it can
be out of date.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import click

from responder_core.commands.program import program
from responder_core.settings import Limits, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx

MARK = re.compile(r"^<!-- generated: ([\w-]+)(?: (\S+))? -->$", re.MULTILINE)
# What stands before a table whose cells are put below each other on a narrow screen.
STACKED = (":::{table}", ":class: stacked", "")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add it to Sphinx."""
    app.connect("source-read", _replace_marks)
    return {"parallel_read_safe": True}


def _replace_marks(app: Sphinx, page: str, source: list[str]) -> None:
    del app, page
    source[0] = MARK.sub(lambda mark: KINDS[mark[1]](*filter(None, [mark[2]])), source[0])


# ---------------------------------------------------------------------------------------------
# Names


def public_names(module: str) -> list[str]:
    """The names of ``__all__`` that have a page: all but the version and modules."""
    there = import_module(module)
    return [
        name
        for name in there.__all__
        if name != "__version__" and not inspect.ismodule(getattr(there, name))
    ]


def home(module: str, name: str) -> str:
    """The package whose page describes a name: that of the core for what another only repeats.

    ``home("responder", "abort")`` → ``"responder_core"``.
    """
    if module != "responder":
        return module
    core = import_module("responder_core")
    same = getattr(core, name, None) is getattr(import_module(module), name)
    return "responder_core" if same else module


def describe_names(module: str) -> str:
    """Every public name of a package, with its docstring."""
    parts: list[str] = []
    repeated: list[str] = []
    for name in public_names(module):
        thing: Any = getattr(import_module(module), name)
        if home(module, name) != module:
            role = "class" if inspect.isclass(thing) else "func"
            repeated.append(f"{{py:{role}}}`{name} <{home(module, name)}.{name}>`")
            continue
        parts += [f"## {name}", "", "```{eval-rst}", *_autodoc(module, name, thing), "```", ""]
    if repeated:
        parts += [
            "## Names of the core",
            "",
            "These are the same objects as in `responder_core`:",
            ", ".join(repeated) + ".",
        ]
    return "\n".join(parts)


FURTHER = {
    "responder_core.testing": [
        "Answer",
        "SSEEvent",
        "assert_problem",
        "collect_sse",
        "iter_sse",
        "make_async_client",
        "make_client",
        "parse_sse",
    ],
    "responder_core.async_websocket": ["DeniedError", "LiveWebSocket"],
    "responder_core.live_server": ["LiveServer"],
    "responder_core.pagination": ["Page", "Paging", "paginate", "set_pagination_headers"],
    "responder_core.list_query": ["SortKey", "filter_items", "parse_sort", "sort_items"],
    "responder_core.logs": [
        "RequestContext",
        "RequestContextFilter",
        "get_logger",
        "setup_logging",
    ],
}
"""Modules that programs import from, with the names that they import."""


def describe_modules() -> str:
    """The names of these modules, with their docstrings."""
    parts: list[str] = []
    for module, names in FURTHER.items():
        there = import_module(module)
        parts += [f"## {module}", "", *_prose((there.__doc__ or "").partition("\n")[0])]
        parts += ["```{eval-rst}"]
        for name in names:
            parts += [*_autodoc(module, name, getattr(there, name)), ""]
        parts += ["```", ""]
    return "\n".join(parts)


def _autodoc(module: str, name: str, thing: object) -> list[str]:
    if not inspect.isclass(thing):
        return [f".. autofunction:: {module}.{name}"]
    if issubclass(thing, BaseException):
        return [f".. autoexception:: {module}.{name}"]
    return [f".. autoclass:: {module}.{name}"]


# ---------------------------------------------------------------------------------------------
# Settings


def settings_table() -> str:
    """The keywords of ``API()`` that speak of messages, with what they are by themselves."""
    return _table(Settings)


def limits_table() -> str:
    """The fields of ``Limits``."""
    return _table(Limits)


def _table(kind: type) -> str:
    told = _attributes(inspect.getdoc(kind) or "")
    rows = [*STACKED, "| keyword | by itself | what it does |", "|---|---|---|"]
    for field in dataclasses.fields(kind):
        default: object = "Limits()" if field.default == Limits() else repr(field.default)
        rows.append(f"| `{field.name}` | `{default}` | {told[field.name]} |")
    return "\n".join([*rows, ":::"])


def _attributes(docstring: str) -> dict[str, str]:
    """What the section ``Attributes:`` of a docstring says of each, as Markdown on one line."""
    section = docstring.partition("Attributes:\n")[2].partition("\n\n")[0]
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if begin := re.match(r" {4}(\w+): (.*)", line):
            name, found[begin[1]] = begin[1], begin[2]
        else:
            found[name] += " " + line.strip()
    return {name: _markdown(text) for name, text in found.items()}


def _markdown(text: str) -> str:
    """A line of reStructuredText as Markdown, in a cell of a table."""
    return text.replace("``", "`").replace("|", "\\|")


# ---------------------------------------------------------------------------------------------
# The command line


def command_line() -> str:
    """Every command with its arguments and options, from the parser."""
    parts: list[str] = []
    context = click.Context(program, info_name="responder")
    for path, command in _commands(context):
        parts += [f"## {' '.join(path)}", "", *_prose(command.help or command.short_help or "")]
        usage = click.Context(command, info_name=" ".join(path))
        parts += ["```text", command.get_usage(usage).removeprefix("Usage: "), "```", ""]
        options = [each for each in command.params if isinstance(each, click.Option)]
        if any(not option.hidden for option in options):
            parts += [*STACKED, "| option | what it does |", "|---|---|"]
            parts += [_option_row(option, usage) for option in options if not option.hidden]
            parts += [":::", ""]
    return "\n".join(parts)


def _commands(context: click.Context) -> Iterable[tuple[list[str], click.Command]]:
    group = cast("click.Group", context.command)
    for name in group.list_commands(context):
        command = cast("click.Command", group.get_command(context, name))
        path = [*context.command_path.split(), name]
        yield path, command
        if isinstance(command, click.Group):
            yield from _commands(click.Context(command, info_name=name, parent=context))


def _prose(text: str) -> list[str]:
    """Help as Markdown; what stands after click's mark for it keeps its lines."""
    parts: list[str] = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            parts += ["```text", *paragraph.splitlines()[1:], "```", ""]
        else:
            parts += [*_markdown(paragraph).splitlines(), ""]
    return parts


def _option_row(option: click.Option, context: click.Context) -> str:
    names, told = option.get_help_record(context) or ("", "")
    cells = (names.replace("|", "\\|"), _markdown(" ".join(told.split())))
    return f"| `{cells[0]}` | {cells[1]} |"


def environment_table() -> str:
    """The variables that options of commands read, from the parser."""
    read: dict[str, list[str]] = {}
    for path, command in _commands(click.Context(program, info_name="responder")):
        for option in command.params:
            given = option.envvar or ()
            names = [given] if isinstance(given, str) else list(given)
            if isinstance(option, click.Option):
                for name in names:
                    read.setdefault(name, []).append(f"`{' '.join(path)} {option.opts[-1]}`")
    rows = [*STACKED, "| variable | stands for |", "|---|---|"]
    rows += [f"| `{name}` | {', '.join(read[name])} |" for name in sorted(read)]
    return "\n".join([*rows, ":::"])


KINDS = {
    "names": describe_names,
    "modules": describe_modules,
    "settings": settings_table,
    "limits": limits_table,
    "command-line": command_line,
    "environment": environment_table,
}
"""What a comment may ask for."""
