"""Markup: Markdown as HTML, as plain text, and as bare words for the search index."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH = 72

# HTML in a post is shown as text, so that a post can never break its page.
_parser = MarkdownIt("commonmark", {"html": False, "typographer": True})
_parser.enable(["table", "replacements", "smartquotes"])


def parse_markdown(markdown: str) -> SyntaxTreeNode:
    """Markdown as a tree of blocks, and of what is in them."""
    return SyntaxTreeNode(_parser.parse(markdown))


def to_html(markdown: str) -> str:
    """Markdown as HTML: ``"*tea*"`` → ``"<p><em>tea</em></p>"`` and a line end."""
    html: str = _parser.render(markdown)
    return html


def with_absolute_links(html: str, base_url: str) -> str:
    """HTML whose links work away from the site: ``/about`` → ``https://example.org/about``."""
    # Quotes in text are &quot; in our own HTML, so this can only be an attribute.
    return html.replace('href="/', f'href="{base_url}/')


def to_words(markdown: str) -> str:
    """Only the words: ``"[one](/cup) of *tea*"`` → ``"one of tea"``."""
    tree = parse_markdown(markdown)
    words = [_inline(node, []) for node in tree.walk() if node.type == "inline"]
    code = [node.content for node in tree.walk() if node.type in {"fence", "code_block"}]
    return " ".join(" ".join(words + code).split())


def to_text(markdown: str) -> str:
    """Markdown as text for a terminal or a letter, 72 columns wide, links as notes at the end."""
    links: list[str] = []
    tree = parse_markdown(markdown)
    blocks = list(_blocks(tree, _WIDTH, links))
    if links:
        blocks.append("\n".join(f"[{number}] {link}" for number, link in enumerate(links, 1)))
    return "\n\n".join(blocks) + "\n"


def _blocks(parent: SyntaxTreeNode, width: int, links: list[str]) -> Iterator[str]:
    """Each block of text below a node."""
    for node in parent.children:
        if node.type == "heading":
            title = _inline(node, links)
            yield f"{title}\n{('=' if node.tag == 'h1' else '-') * len(title)}"
        elif node.type == "paragraph":
            yield _wrap(_inline(node, links), width)
        elif node.type == "blockquote":
            yield textwrap.indent(_join(node, width - 2, links), "> ", lambda _line: True)
        elif node.type in {"bullet_list", "ordered_list"}:
            yield _list(node, width, links)
        elif node.type in {"fence", "code_block"}:
            yield textwrap.indent(node.content.rstrip("\n"), "    ")
        elif node.type == "table":
            yield _table(node, links)
        elif node.type == "hr":
            yield "* * *".center(width).rstrip()


def _join(node: SyntaxTreeNode, width: int, links: list[str]) -> str:
    return "\n\n".join(_blocks(node, width, links))


def _wrap(text: str, width: int) -> str:
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )


def _list(node: SyntaxTreeNode, width: int, links: list[str]) -> str:
    """A list with its marks: ``- tea`` or ``1. tea``; following lines stand under the text."""
    items: list[str] = []
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    for index, item in enumerate(node.children):
        mark = "- " if first is None else f"{first + index}. "
        body = textwrap.indent(_join(item, width - len(mark), links), " " * len(mark))
        items.append(mark + body.lstrip())
    return "\n".join(items)


def _table(node: SyntaxTreeNode, links: list[str]) -> str:
    """A table in columns, each as wide as its widest cell."""
    rows = [
        [_inline(cell, links) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "   ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "   ".join("-" * size for size in widths))
    return "\n".join(lines)


def _inline(node: SyntaxTreeNode, links: list[str]) -> str:
    """The text inside a block; where a link was, the number of its note."""
    if node.type in {"text", "code_inline"}:
        return node.content
    if node.type == "softbreak":
        return " "
    if node.type == "hardbreak":
        return "\n"
    text = "".join(_inline(child, links) for child in node.children)
    if node.type == "link":
        links.append(str(node.attrs["href"]))
        return f"{text} [{len(links)}]"
    return text
