"""PDF: a post for paper and for tablets, set by fpdf2."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fpdf import FPDF

import responder
from examples.site import settings
from examples.site.content import content_of
from examples.site.fonts import MONO, SERIF, SERIF_ITALIC, cut_font, replace_missing
from examples.site.formats import url_of
from examples.site.kept import kept_of
from examples.site.markup import parse_markdown
from examples.site.templates import base_url
from examples.site.typesetting import ACCENT, INK, MUTED, Typesetter

if TYPE_CHECKING:
    from examples.site.posts import Post

# To be raised when the setting changes, so that kept files are made anew.
_EDITION = 1
_MARGIN = 26  # Millimetres.

_FONTS = (
    ("Serif", "", SERIF, 400),
    ("Serif", "B", SERIF, 700),
    ("Serif", "I", SERIF_ITALIC, 400),
    ("Serif", "BI", SERIF_ITALIC, 700),
    ("Mono", "", MONO, 400),
)
# What nearly every post gets by with, so that fonts are cut once for all of these: Latin letters
# up to Extended-A, and signs.
_USUAL = frozenset(map(chr, (*range(32, 127), *range(160, 384)))) | frozenset("□•–—‘’“”…→←×")


async def post_pdf(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """A post as PDF."""
    post = content_of(req).library.get(slug)
    if post is None:
        responder.abort(404, detail=f"There is no post {slug!r}.")
    url, base = url_of(req, post), base_url(req)
    facts = _EDITION, settings.NAME, url, post.source
    make = partial(make_pdf, post, url, base)
    path = await kept_of(req).find(f"post-{slug}", ".pdf", facts, make)
    resp.headers["Link"] = f'<{url}>; rel="canonical"'
    resp.headers["Content-Disposition"] = f'inline; filename="{slug}.pdf"'
    resp.file(path)


class Sheet(FPDF):
    """A4, with the address and the number of the page at the foot."""

    def __init__(self, address: str) -> None:
        super().__init__(format="A4")
        self._address = address
        self.set_margins(_MARGIN, 22)
        self.set_auto_page_break(auto=True, margin=26)

    def footer(self) -> None:
        """What stands below each page."""
        self.set_y(-18)
        self.set_font("Serif", size=8)
        self.set_text_color(*MUTED)
        self.cell(0, 8, self._address, align="L")
        self.set_x(self.l_margin)
        self.cell(0, 8, str(self.page_no()), align="R")


def make_pdf(post: Post, url: str, base: str) -> bytes:
    """A post as PDF. What its fonts do not have is shown as ``□``, and a note says so."""
    print_of = partial(_print_of, fonts=(SERIF, MONO))
    sheet = Sheet(print_of(url))
    sheet.set_title(post.title)
    sheet.set_author(settings.NAME)
    sheet.set_subject(post.summary)
    sheet.set_lang(settings.LANGUAGE)
    with TemporaryDirectory() as folder:
        _add_fonts(sheet, _USUAL.union(post.source, settings.NAME, url), Path(folder))
    sheet.add_page()
    _write_head(sheet, post)
    Typesetter(sheet, base, print_of).set_blocks(parse_markdown(post.body))
    if print_of(post.source).count("□") > post.source.count("□"):
        sheet.ln(4)
        note = f"□ stands for a sign that this PDF has no letter for; all are at {url}"
        _write(sheet, note, "", 8.5, MUTED, after=0)
    return bytes(sheet.output())


def _print_of(text: str, fonts: tuple[Path, ...]) -> str:
    return replace_missing(text, *fonts)


def _add_fonts(sheet: FPDF, characters: frozenset[str], folder: Path) -> None:
    """Give a sheet the fonts for these characters."""
    for family, style, font, weight in _FONTS:
        path = folder / f"{family}{style}.ttf"
        path.write_bytes(cut_font(font, characters, weight))
        sheet.add_font(family, style, path)
    # What the serif does not have, as arrows, is taken from here.
    sheet.set_fallback_fonts(["Mono"], exact_match=False)


def _write_head(sheet: FPDF, post: Post) -> None:
    _write(sheet, settings.NAME, "B", 9, ACCENT, after=7)
    _write(sheet, post.title, "B", 24, INK, after=2)
    _write(sheet, post.summary, "I", 12, MUTED, after=2)
    _write(
        sheet, f"{post.date.day} {post.date:%B %Y} · {', '.join(post.tags)}", "", 9, MUTED, after=7
    )


def _write(
    sheet: FPDF, text: str, style: str, size: float, colour: tuple[int, int, int], *, after: float
) -> None:
    """A block of text of one kind; *size* in points, *after* in millimetres."""
    sheet.set_font("Serif", style, size)
    sheet.set_text_color(*colour)
    shown = replace_missing(text, SERIF, MONO)
    sheet.multi_cell(0, size * 0.46, shown, align="L", new_x="LMARGIN", new_y="NEXT")
    sheet.ln(after)
