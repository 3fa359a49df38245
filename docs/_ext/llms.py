"""``llms.txt`` and ``llms-full.txt``: the pages for programs that read text.

The first lists the pages with the sentence that each begins with, the second has all of them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PARTS = {
    "tutorial": "Tutorial",
    "how-to": "How-to",
    "reference": "Reference",
    "explanation": "Explanation",
}


def setup(app: Sphinx) -> dict[str, bool]:
    """Add it to Sphinx."""
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True}


def _write(app: Sphinx, failure: Exception | None) -> None:
    if failure is not None or app.builder.format != "html":
        return
    texts = {
        page: _without_comments(Path(app.env.doc2path(page)).read_text(encoding="utf-8"))
        for page in sorted(app.env.found_docs)
    }
    outline = [f"# {app.config.project}", "", f"> {first_sentence(texts['index'])}", ""]
    for part, title in PARTS.items():
        pages = [page for page in texts if page.startswith(f"{part}/")]
        outline += [f"## {title}", ""]
        outline += [
            f"- [{heading(texts[page])}]({page}.html): {first_sentence(texts[page])}"
            for page in pages
        ]
        outline.append("")
    folder = Path(app.outdir)
    (folder / "llms.txt").write_text("\n".join(outline), encoding="utf-8")
    whole = "\n\n".join(text.strip() for text in texts.values())
    (folder / "llms-full.txt").write_text(whole + "\n", encoding="utf-8")


def _without_comments(text: str) -> str:
    left_out = r"<!--.*?-->\n?|^```\{toctree\}.*?^```\n"
    return re.sub(left_out, "", text, flags=re.DOTALL | re.MULTILINE)


def heading(text: str) -> str:
    """What stands behind the first ``#``."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1] if found else ""


def first_sentence(text: str) -> str:
    """The first line of prose under the heading; a sentence is a line here."""
    prose = text.partition("\n\n")[2].strip()
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", prose.partition("\n")[0])
