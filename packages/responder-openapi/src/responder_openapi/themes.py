"""Themes: what draws the documentation page, and what a page of each may load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Theme: TypeAlias = Literal["swagger_ui", "redoc", "rapidoc", "elements", "scalar"]
"""What may draw a documentation page."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a theme is loaded.

    Attributes:
        package: its npm package.
        scripts, styles: the files of it that a page loads.
        redirect: the file that OAuth 2 comes back to, or None.
    """

    package: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...] = ()
    redirect: str | None = None


DRAWINGS: dict[Theme, Drawing] = {
    "swagger_ui": Drawing(
        "swagger-ui-dist",
        ("swagger-ui-bundle.js",),
        ("swagger-ui.css",),
        redirect="oauth2-redirect.html",
    ),
    "redoc": Drawing("redoc", ("bundles/redoc.standalone.js",)),
    "rapidoc": Drawing("rapidoc", ("dist/rapidoc-min.js",)),
    "elements": Drawing("@stoplight/elements", ("web-components.min.js",), ("styles.min.css",)),
    "scalar": Drawing("@scalar/api-reference", ("dist/browser/standalone.js",)),
}
"""The themes by name."""


def refuse_no_theme(theme: object) -> None:
    """Refuse what is no theme.

    Raises:
        ValueError: it is none; the message lists the known ones.
    """
    known = get_args(Theme)
    if theme not in known:
        from difflib import get_close_matches

        near = get_close_matches(str(theme), known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = f"there is no theme {theme!r}{hint} The themes are {', '.join(known)}"
        raise ValueError(msg if hint else msg.replace(" The", "; the"))
