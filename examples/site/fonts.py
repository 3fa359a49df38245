"""Fonts: those that images and PDFs are set in, from packages of the package index."""

# fontTools, and the packages of the fonts, are not typed.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import logging
from functools import cache, lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import fontpkg_noto_serif
import fontpkg_source_code_pro
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

if TYPE_CHECKING:
    from pathlib import Path

# It tells of each table that it leaves out.
logging.getLogger("fontTools").setLevel(logging.ERROR)

_SERIF = fontpkg_noto_serif.ROOT / "files"
_MONO = fontpkg_source_code_pro.ROOT / "files"

SERIF: Path = _SERIF / "NotoSerif[wdth,wght].ttf"
"""Latin, Greek and Cyrillic letters, and signs; it has axes for width and weight."""
SERIF_ITALIC: Path = _SERIF / "NotoSerif-Italic[wdth,wght].ttf"
MONO: Path = _MONO / "SourceCodePro[wght].ttf"


@cache
def characters_of(font: Path) -> frozenset[str]:
    """The characters that a font has."""
    with TTFont(font, lazy=True) as found:
        return frozenset(map(chr, found.getBestCmap() or ()))


@lru_cache(maxsize=16)
def cut_font(font: Path, characters: frozenset[str], weight: int) -> bytes:
    """A font of one weight with only these characters: what a PDF needs of it.

    To leave out characters first makes it a tenth of the work to fix the weight of the others.
    """
    target = BytesIO()
    with TTFont(font) as found:
        cutter = subset.Subsetter(subset.Options(layout_features=["kern", "liga", "mark"]))
        cutter.populate(text="".join(sorted(characters)))
        cutter.subset(found)
        axes = {axis.axisTag: axis.defaultValue for axis in found["fvar"].axes}
        instancer.instantiateVariableFont(found, {**axes, "wght": weight}, inplace=True)
        found.save(target)
    return target.getvalue()


def replace_missing(text: str, *fonts: Path) -> str:
    """Text with a sign in place of what none of the fonts has: ``"tea 茶"`` → ``"tea □"``.

    The sign is ``□``, or ``?`` where they do not have that either. Line feeds stay; what only
    changes how the sign before it looks is left out.
    """
    known = frozenset[str]().union(*map(characters_of, fonts))
    sign = "□" if "□" in known else "?"
    shown = (each for each in text if each not in _INVISIBLE)
    return "".join(each if each in known or each == "\n" else sign for each in shown)


# The joiner and the selectors of emoji, which stand behind another sign.
_INVISIBLE = frozenset("\u200d\ufe0e\ufe0f")
