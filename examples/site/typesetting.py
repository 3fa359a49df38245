"""Typesetting: the blocks of a Markdown tree on the pages of a PDF."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fpdf.enums import TableBordersLayout, TableCellFillMode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from fpdf import FPDF
    from markdown_it.tree import SyntaxTreeNode

Colour = tuple[int, int, int]

INK: Colour = (37, 41, 45)
MUTED: Colour = (99, 92, 82)
ACCENT: Colour = (156, 61, 32)
_SHADE: Colour = (246, 240, 230)
_LINE: Colour = (224, 214, 196)

_SIZE = 11.0  # Points; what follows is in millimetres.
_LEADING = 5.9
_GAP = 3.0
_INDENT = 7.0
_MOST_COLUMNS = 10  # More do not fit beside each other, and are set as lines.


class Typesetter:
    """Sets blocks one below the other: ``Typesetter(sheet, base, shown).set_blocks(tree)``.

    Args:
        sheet: an open page, with the fonts ``Serif`` (and its styles) and ``Mono``.
        base: scheme and host, for links that begin with a slash.
        shown: gives text as the fonts can show it.
    """

    def __init__(self, sheet: FPDF, base: str, shown: Callable[[str], str]) -> None:
        self._sheet = sheet
        self._base = base
        self._shown = shown
        self._colour = INK

    def set_blocks(self, parent: SyntaxTreeNode, style: str = "", *, gap: float = _GAP) -> None:
        """Each block below a node; *style* is that of the text around: ``"I"``."""
        for node in parent.children:
            if node.type == "heading":
                self._set_heading(node)
            elif node.type in {"paragraph", "inline"}:
                self._begin(style)
                self._set_runs(node, style)
                self._sheet.ln(_LEADING)
                self._sheet.ln(gap)
            elif node.type == "blockquote":
                self._set_quote(node)
            elif node.type in {"bullet_list", "ordered_list"}:
                self._set_list(node, style, gap)
            elif node.type in {"fence", "code_block"}:
                self._set_code(node.content.rstrip("\n"))
            elif node.type == "table":
                self._set_table(node)
            elif node.type == "hr":
                self._sheet.ln(_GAP)
                self._begin("")
                self._sheet.cell(0, _LEADING, "* * *", align="C")
                self._sheet.ln(_LEADING + 2 * _GAP)

    def _begin(self, style: str, size: float = _SIZE) -> None:
        self._sheet.set_font("Serif", style, size)
        self._sheet.set_text_color(*self._colour)

    def _set_heading(self, node: SyntaxTreeNode) -> None:
        size = {"h1": 18.0, "h2": 15.0, "h3": 12.5}.get(node.tag, _SIZE)
        self._sheet.ln(_GAP)
        if self._sheet.will_page_break(size * 0.46 + 3 * _LEADING):
            self._sheet.add_page()  # Not the last line of a page.
        self._begin("B", size)
        text = self._shown(_text_of(node))
        self._sheet.multi_cell(0, size * 0.46, text, align="L", new_x="LMARGIN", new_y="NEXT")
        self._sheet.ln(_GAP - 0.5)

    def _set_quote(self, node: SyntaxTreeNode) -> None:
        colour, self._colour = self._colour, MUTED
        with self._indented(_INDENT):
            self.set_blocks(node, "I")
        self._colour = colour

    def _set_list(self, node: SyntaxTreeNode, style: str, gap: float) -> None:
        """Items behind their marks; those of a tight list stand close."""
        first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
        for index, item in enumerate(node.children):
            mark = "•" if first is None else f"{first + index}."
            self._begin("")
            self._sheet.cell(_INDENT, _LEADING, mark)
            with self._indented(_INDENT):
                self.set_blocks(item, style, gap=1.0)
        self._sheet.ln(max(0.0, gap - 1.0))

    def _set_code(self, text: str) -> None:
        self._sheet.set_font("Mono", size=9)
        self._sheet.set_text_color(*INK)
        self._sheet.set_fill_color(*_SHADE)
        self._sheet.multi_cell(
            0,
            4.8,
            self._shown(text),
            align="L",
            fill=True,
            padding=(2, 3),
            new_x="LMARGIN",
            new_y="NEXT",
        )
        self._sheet.ln(_GAP)

    def _set_table(self, node: SyntaxTreeNode) -> None:
        self._begin("", 10)
        self._sheet.set_draw_color(*_LINE)
        rows = [row for part in node.children for row in part.children]
        if len(rows[0].children) > _MOST_COLUMNS:
            for row in rows:
                line = self._shown(" · ".join(map(_text_of, row.children)))
                self._sheet.multi_cell(0, _LEADING, line, new_x="LMARGIN", new_y="NEXT")
            self._sheet.ln(_GAP)
            return
        with self._sheet.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            cell_fill_mode=TableCellFillMode.NONE,
            line_height=_LEADING,
            text_align="LEFT",
            padding=(1, 2, 1, 0),
        ) as table:
            for row in rows:
                cells = table.row()
                for cell in row.children:
                    cells.cell(self._shown(_text_of(cell)))
        self._sheet.ln(_GAP)

    def _set_runs(self, node: SyntaxTreeNode, style: str, link: str = "") -> None:
        """The text inside a block, each run in its own style."""
        for child in node.children:
            if child.type in {"text", "softbreak", "image"}:
                self._begin(style)
                if link:
                    self._sheet.set_text_color(*ACCENT)
                # Pictures are not loaded, from wherever they are; their words stay.
                text = {"softbreak": " ", "image": f"[{child.content}]"}.get(child.type)
                self._sheet.write(_LEADING, self._shown(text or child.content), link)
            elif child.type == "hardbreak":
                self._sheet.ln(_LEADING)
            elif child.type == "code_inline":
                self._sheet.set_font("Mono", size=_SIZE - 1.5)
                self._sheet.write(_LEADING, self._shown(child.content), link)
            elif child.type == "link":
                self._set_runs(child, style, self._address(str(child.attrs["href"])))
            else:
                more = {"strong": "B", "em": "I"}.get(child.type, "")
                self._set_runs(child, "".join(sorted({*style, *more})), link)

    def _address(self, href: str) -> str:
        """Where a link leads from a PDF; ``""``, nowhere, for one within the page."""
        if href.startswith("#"):
            return ""
        return self._base + href if href.startswith("/") else href

    @contextmanager
    def _indented(self, width: float) -> Generator[None]:
        before = self._sheet.l_margin
        self._sheet.set_left_margin(before + width)
        self._sheet.set_x(before + width)
        yield
        self._sheet.set_left_margin(before)
        self._sheet.set_x(before)


def _text_of(node: SyntaxTreeNode) -> str:
    """The words of a node and all below it, without their styles."""
    if node.type in {"text", "code_inline", "image"}:
        return node.content
    if node.type in {"softbreak", "hardbreak"}:
        return " "
    return "".join(_text_of(child) for child in node.children)
