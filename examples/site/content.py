"""Content: all that the site shows, read from disk at start, and again when it changes there."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from examples.site.gallery import Picture, read_gallery
from examples.site.markup import to_html
from examples.site.posts import Library, Post, PostError, read_post
from examples.site.search import SearchIndex

if TYPE_CHECKING:
    from pathlib import Path

    import responder

logger = logging.getLogger("site")


@dataclass(frozen=True, slots=True)
class Content:
    """Everything there is to show.

    Attributes:
        library: the posts that everyone may read.
        drafts: those that only who writes here may, by their slugs.
        about: the about page as HTML.
    """

    library: Library
    drafts: dict[str, Post]
    pictures: dict[str, Picture]
    about: str
    search: SearchIndex

    def find(self, slug: str) -> Post | None:
        """A post or a draft, or None; for who writes here."""
        return self.library.get(slug) or self.drafts.get(slug)


def read_content(folder: Path, static: Path) -> Content:
    """All content of a folder.

    Raises:
        PostError, GalleryError: a file says what it should not; the message names it.
    """
    pictures = read_gallery(folder / "gallery.yml", static)
    posts = [read_post(path) for path in sorted(folder.glob("posts/*.md"))]
    for post in posts:
        check_picture(post, pictures)
    library = Library(post for post in posts if not post.draft)
    drafts = {post.slug: post for post in posts if post.draft}
    about = to_html((folder / "about.md").read_text(encoding="utf-8"))
    return Content(library, drafts, pictures, about, SearchIndex(library.posts))


def check_picture(post: Post, pictures: dict[str, Picture]) -> None:
    """Refuse a post whose picture the gallery does not have.

    Raises:
        PostError: it has none of this name.
    """
    if post.picture is not None and post.picture not in pictures:
        raise PostError(post.slug, f"gallery.yml has no picture {post.picture!r}")


class Shelf:
    """The content as it is now; what changes on disk is read anew.

    Attributes:
        folder: where the content is.
        content: all of it, read whole; a request that has it goes on with what it has.
    """

    def __init__(self, folder: Path, static: Path) -> None:
        self.folder = folder
        self._static = static
        self._seen = self._look()
        self.content = read_content(folder, static)
        self._turn = anyio.Lock()

    async def refresh(self) -> bool:
        """Read anew what has changed; tells whether something has.

        Raises:
            PostError, GalleryError: a file says what it should not; what there was stays.
        """
        async with self._turn:
            seen = await to_thread.run_sync(self._look)
            if seen == self._seen:
                return False
            self._seen = seen  # Also of what cannot be read, which is told once.
            content = await to_thread.run_sync(read_content, self.folder, self._static)
            # Views use an index without waiting in between, so nobody is at the old one now.
            self.content.search.close()
            self.content = content
            return True

    async def watch(self, seconds: float) -> None:
        """Look for changes again and again, as of an editor, a deployment or another worker."""
        while True:
            await anyio.sleep(seconds)
            try:
                await self.refresh()
            except (OSError, ValueError) as error:
                logger.error("the content stays as it was: %s", error)  # noqa: TRY400 - it says all

    def close(self) -> None:
        """Free the memory."""
        self.content.search.close()

    def _look(self) -> frozenset[tuple[str, int, int]]:
        """What tells that a file was changed: its name, time and size."""
        files = [*self.folder.glob("*.*"), *self.folder.glob("posts/*.md")]
        facts = ((str(file), file.stat()) for file in files)
        return frozenset((name, stat.st_mtime_ns, stat.st_size) for name, stat in facts)


def shelf_of(req: responder.Request) -> Shelf:
    """The shelf that the lifespan put into ``api.state``."""
    shelf: Shelf = req.api.state.shelf
    return shelf


def content_of(req: responder.Request) -> Content:
    """The content as it is now. Take it once in a view, and again after each ``await``."""
    return shelf_of(req).content
