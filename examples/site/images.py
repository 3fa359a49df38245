"""Images: cards that are shown where a page is shared (Open Graph), and thumbnails.

Both are drawn by Pillow from the SVG of the gallery, once, in a worker thread, and kept.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import resvg_py
from PIL import Image, ImageDraw, ImageFont, ImageOps

import responder
from examples.site import settings
from examples.site.content import content_of
from examples.site.fonts import SERIF, replace_missing
from examples.site.kept import kept_of

if TYPE_CHECKING:
    from pathlib import Path


CARD = (1200, 630)
"""The width and height that pages are shared with."""

THUMBNAILS = (320, 640, 960)
"""The widths of thumbnails, in pixels; they are two thirds as high."""

# To be raised when the drawing changes, so that kept files are made anew.
_EDITION = 1
_PAPER, _INK, _MUTED, _ACCENT = "#faf6ee", "#25292d", "#635c52", "#9c3d20"
_MARGIN = 72
_DAY = "public, max-age=86400"


async def card(req: responder.Request, resp: responder.Response, *, slug: str) -> None:
    """The card of a post: 1200 × 630 pixels, PNG."""
    post = content_of(req).library.get(slug)
    if post is None:
        responder.abort(404, detail=f"There is no post {slug!r}.")
    byline = f"{post.date.day} {post.date:%B %Y} · {post.minutes} min"
    await _send_card(req, resp, f"card-{slug}", (post.title, byline, post.picture))


async def site_card(req: responder.Request, resp: responder.Response) -> None:
    """The card of the site, for pages that have none of their own."""
    picture = next(iter(content_of(req).pictures), None)
    await _send_card(req, resp, "card", (settings.NAME, settings.TAGLINE, picture))


async def thumbnail(
    req: responder.Request, resp: responder.Response, *, name: str, width: int
) -> None:
    """A picture of the gallery, small: WebP."""
    picture = content_of(req).pictures.get(name)
    if picture is None or width not in THUMBNAILS:
        responder.abort(404, detail=f"There is no picture {name!r} of {width} pixels.")
    path = settings.STATIC / picture.file
    facts = _EDITION, width, path.stat().st_mtime_ns
    make = partial(make_thumbnail, path, width)
    _send(resp, await kept_of(req).find(f"{name}-{width}", ".webp", facts, make))


async def _send_card(
    req: responder.Request,
    resp: responder.Response,
    name: str,
    words: tuple[str, str, str | None],
) -> None:
    """Send the card with a title, a line below it, and the picture of this name."""
    title, byline, picture = words
    path = None if picture is None else settings.STATIC / content_of(req).pictures[picture].file
    facts = _EDITION, settings.NAME, words, path and path.stat().st_mtime_ns
    make = partial(make_card, title, byline, path)
    # Pages of other sites show it.
    resp.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    _send(resp, await kept_of(req).find(name, ".png", facts, make))


def _send(resp: responder.Response, path: Path) -> None:
    """Send an image. Its tag is made of the file's time and size; browsers ask once a day."""
    resp.headers["Cache-Control"] = _DAY
    resp.file(path)


def make_thumbnail(path: Path, width: int) -> bytes:
    """A picture of this width, as WebP."""
    target = BytesIO()
    # Drawn twice as large and made smaller, edges become smooth.
    image = ImageOps.fit(_draw_svg(path, 2 * width), (width, width * 2 // 3))
    image.save(target, "WEBP", quality=82, method=6)
    return target.getvalue()


def make_card(title: str, byline: str, picture: Path | None) -> bytes:
    """A card as PNG: the words on the left, the picture on the right."""
    width, height = CARD
    card = Image.new("RGB", CARD, _PAPER)
    room = width - 2 * _MARGIN
    if picture is not None:
        side = 500
        card.paste(ImageOps.fit(_draw_svg(picture, 1200), (side, height)), (width - side, 0))
        room -= side - 8
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 0, 14, height), fill=_ACCENT)
    if title != settings.NAME:
        name = _font(30, 600)
        draw.text((_MARGIN, _MARGIN), _plain(settings.NAME), font=name, fill=_ACCENT)
    lines, font = _fit(_plain(title), room, 300)
    step = round(font.size * 1.22)
    top = (height - step * len(lines)) // 2
    for number, line in enumerate(lines):
        draw.text((_MARGIN, top + number * step), line, font=font, fill=_INK)
    small = _font(27, 400)
    below = _wrap(_plain(byline), small, room)
    for number, line in enumerate(reversed(below)):
        place = _MARGIN, height - _MARGIN - 32 - 38 * number
        draw.text(place, line, font=small, fill=_MUTED)
    target = BytesIO()
    # A drawing of flat colours: 256 of them are as good, in a third of the bytes.
    card.quantize(256, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


def _draw_svg(path: Path, width: int) -> Image.Image:
    """An SVG as pixels. It is one of ours; it names no other file."""
    pixels = resvg_py.svg_to_bytes(svg_path=str(path), width=width, skip_system_fonts=True)
    return Image.open(BytesIO(pixels)).convert("RGB")


def _plain(text: str) -> str:
    return replace_missing(text, SERIF)


def _font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(SERIF, size)
    axes = font.get_variation_axes()
    wanted = [weight if axis["name"] == b"Weight" else axis["default"] for axis in axes]
    font.set_variation_by_axes([float(value or 0) for value in wanted])
    return font


def _fit(text: str, room: int, height: int) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """The lines of a title, as large as they fit into a room; what is too long ends in ``…``."""
    for size in range(76, 34, -4):
        font = _font(size, 600)
        lines = _wrap(text, font, room)
        widest = max(map(font.getlength, lines))
        if len(lines) * size * 1.22 <= height and widest <= room:
            return lines, font
    font = _font(36, 600)
    lines = _wrap(text, font, room)[:6]
    while font.getlength(lines[-1] + "…") > room:
        lines[-1] = lines[-1][:-1]
    return [*lines[:-1], lines[-1] + "…"], font


def _wrap(text: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines or [""]
