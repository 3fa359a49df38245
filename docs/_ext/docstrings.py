"""Docstrings as this project writes them, for autodoc: their sections become definition lists.

``Args:``, ``Attributes:``, ``Raises:`` and their like begin a section; each of its entries is
``name: what it is``, with further lines indented.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SECTIONS = {
    "Args": "Arguments",
    "Attributes": "Attributes",
    "Raises": "Raises",
    "Returns": "Returns",
    "Yields": "Yields",
}
_ENTRY = re.compile(r"^    (\S[^:]*): (.*)$")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add it to Sphinx."""
    app.connect("autodoc-process-docstring", _rewrite)
    return {"parallel_read_safe": True}


def _rewrite(  # noqa: PLR0917 - the arguments are Sphinx's
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    del app, what, name, thing, options
    lines[:] = as_definitions(lines)


def as_definitions(lines: list[str]) -> list[str]:
    """A docstring with its sections as definition lists of reStructuredText."""
    written: list[str] = []
    section = ""
    for line in lines:
        title = line[:-1] if line.endswith(":") else ""
        if title in SECTIONS:
            section = title
            written += [f".. rubric:: {SECTIONS[title]}", ""]
        elif section and (entry := _ENTRY.match(line)):
            written += [f"``{entry[1]}``", f"    {entry[2]}"]
        elif section and line and not line.startswith(" "):
            section = ""
            written.append(line)
        elif section:
            written.append(f"    {line.strip()}" if line else "")
        else:
            written.append(line)
    return written
