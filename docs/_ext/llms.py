"""``llms.txt`` and ``llms-full.txt``: the pages for programs that read text.

The first lists the pages with the sentence that each begins with, the second has all of them,
with what is generated: tables as Markdown, docstrings as text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from docutils.utils import new_document
from generated import KINDS, MARK
from sphinx import addnodes
from sphinx.writers.text import TextTranslator

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

PARTS = {
    "tutorial": "Tutorial",
    "how-to": "How-to",
    "reference": "Reference",
    "explanation": "Explanation",
}
_LEFT_OUT = re.compile(r"<!--.*?-->\n?|^```\{(?:toctree|raw)\}.*?^```\n", re.DOTALL | re.MULTILINE)
_DESCRIBED = re.compile(r"^```\{eval-rst\}\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
_DIRECTIVE = re.compile(r"^\.\. auto\w+:: (\S+)$", re.MULTILINE)
_ROLE = re.compile(r"\{[\w:]+\}`([^`<]+?)(?: <[^`]*>)?`")
_FRAME = re.compile(r"^:::.*\n(?::class: .*\n\n)?", re.MULTILINE)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add it to Sphinx."""
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True}


def _write(app: Sphinx, failure: Exception | None) -> None:
    if failure is not None or app.builder.format != "html":
        return
    texts = {page: _read(app, page) for page in app.env.found_docs}
    listed = list(dict.fromkeys(["index", *_in_order(app), *sorted(texts)]))
    outline = [f"# {app.config.project}", "", f"> {first_sentence(texts['index'])}", ""]
    for part, title in PARTS.items():
        outline += [f"## {title}", ""]
        outline += [
            f"- [{heading(texts[page])}]({page}.html): {first_sentence(texts[page])}"
            for page in listed
            if page.startswith(f"{part}/")
        ]
        outline.append("")
    folder = Path(app.outdir)
    (folder / "llms.txt").write_text("\n".join(outline), encoding="utf-8")
    whole = "\n\n".join(texts[page].strip() for page in listed)
    (folder / "llms-full.txt").write_text(whole + "\n", encoding="utf-8")


def _in_order(app: Sphinx) -> list[str]:
    """The pages as the front page lists them."""
    return [page for tree in app.env.toctree_includes.values() for page in tree]


def _read(app: Sphinx, page: str) -> str:
    """A page as Markdown, with what its comments ask to be generated."""
    source = Path(app.env.doc2path(page)).read_text(encoding="utf-8")
    text = MARK.sub(lambda mark: KINDS[mark[1]](*filter(None, [mark[2]])), source)
    if text != source:
        described = _describe(app, page)
        text = _DESCRIBED.sub(
            lambda block: "\n\n".join(described[name] for name in _DIRECTIVE.findall(block[1])),
            text,
        )
    return _FRAME.sub("", _ROLE.sub(r"`\1`", _LEFT_OUT.sub("", text)))


def _describe(app: Sphinx, page: str) -> dict[str, str]:
    """What autodoc has made of docstrings, as text, by the full name."""
    found: dict[str, str] = {}
    for node in app.env.get_doctree(page).findall(addnodes.desc):
        (signature,) = [each for each in node.children if isinstance(each, addnodes.desc_signature)]
        for name in signature["ids"]:
            found[name] = f"```text\n{_as_text(app, node)}\n```\n"
    return found


def _as_text(app: Sphinx, node: nodes.Element) -> str:
    document = new_document("")
    document.append(node.deepcopy())
    translator = TextTranslator(document, app.builder)
    document.walkabout(translator)
    return translator.body.strip()


def heading(text: str) -> str:
    """What stands behind the first ``#``."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1] if found else ""


def first_sentence(text: str) -> str:
    """The first line of prose under the heading; a sentence is a line here."""
    prose = text.partition("\n\n")[2].strip()
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", prose.partition("\n")[0])
