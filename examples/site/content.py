"""Content: all that the site shows, read from disk once at start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from examples.site.gallery import Picture, read_gallery
from examples.site.markup import to_html
from examples.site.posts import Library, PostError, read_post
from examples.site.search import SearchIndex

if TYPE_CHECKING:
    from pathlib import Path

    import responder


@dataclass(frozen=True, slots=True)
class Content:
    """Everything there is to show.

    Attributes:
        about: the about page as HTML.
    """

    library: Library
    pictures: dict[str, Picture]
    about: str
    search: SearchIndex


def read_content(folder: Path, static: Path) -> Content:
    """All content of a folder.

    Raises:
        PostError, GalleryError: a file says what it should not; the message names it.
    """
    pictures = read_gallery(folder / "gallery.yml", static)
    library = Library(read_post(path) for path in sorted(folder.glob("posts/*.md")))
    for post in library.posts:
        if post.picture is not None and post.picture not in pictures:
            raise PostError(post.slug, f"gallery.yml has no picture {post.picture!r}")
    about = to_html((folder / "about.md").read_text(encoding="utf-8"))
    return Content(library, pictures, about, SearchIndex(library.posts))


def content_of(req: responder.Request) -> Content:
    """The content that the lifespan put into ``api.state``."""
    content: Content = req.api.state.content
    return content
