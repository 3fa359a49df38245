"""The fenced code of a page, and what a comment before a block says of it.

Python is run: the blocks of a page one after the other, with the same names. A comment says
otherwise of the block that it stands before:

``<!-- block: file shop.py -->``
    a module of its own, which later blocks may import;
``<!-- block: edit shop.py -->``
    what is new in such a module; test_tutorial.py writes it there;
``<!-- block: tests -->``
    a module of tests, which pytest runs;
``<!-- block: stands in examples/books.py -->``
    a part of a program that is run elsewhere, word for word;
``<!-- block: needs fastapi -->``
    run where that module is installed;
``<!-- block: not run: it needs a broker -->``
    a fragment, with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tests.workspace.members import MEMBERS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

_FENCE = re.compile(
    r"^(?:<!-- block: (?P<mark>.*?) -->\n)?^```(?P<language>[\w-]*)\n(?P<source>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """One block.

    Attributes:
        line: where its source begins, counted from 0.
        language: what stands behind the fence, ``"python"``.
        source: the code.
        mark: what the comment before it says, or an empty text.
    """

    line: int
    language: str
    source: str
    mark: str

    @property
    def is_run(self) -> bool:
        """Whether it is run among the others of its page."""
        kind, _, module = self.mark.partition(" ")
        is_there = kind == "needs" and find_spec(module) is not None
        return self.language == "python" and (not self.mark or is_there)


def find_pages() -> list[Path]:
    """Every page of the documentation, and every README."""
    docs = [page for page in (ROOT / "docs").rglob("*.md") if "plots" not in page.parts]
    readmes = [ROOT / "README.md", *(member.path / "README.md" for member in MEMBERS)]
    return sorted([*docs, *readmes, *(ROOT / "examples").rglob("README.md")])


def read_blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            line=text.count("\n", 0, found.start("source")),
            language=found["language"],
            source=found["source"],
            mark=found["mark"] or "",
        )
        for found in _FENCE.finditer(text)
    ]
