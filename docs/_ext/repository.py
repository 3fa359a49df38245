"""Links out of docs/: to files that are no pages, which a reader of the site may not have.

``[figures](../../benchmarks/README.md#memory)`` becomes ``figures (`benchmarks/README.md`)``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#\s]*)(#[^)]*)?\)")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add it to Sphinx."""
    app.connect("source-read", _name_files)
    return {"parallel_read_safe": True}


def _name_files(app: Sphinx, page: str, source: list[str]) -> None:
    folder = Path(app.env.doc2path(page)).parent
    docs = Path(app.srcdir)

    def name(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        if target.is_relative_to(docs):
            return link[0]
        path = target.relative_to(docs.parent).as_posix()
        words = link[1].strip("`")
        return f"`{path}`" if path.startswith(words.rstrip("/")) else f"{link[1]} (`{path}`)"

    source[0] = _LINK.sub(name, source[0])
