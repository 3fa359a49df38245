"""Pages: what people read, as HTML."""

from __future__ import annotations

import responder
from examples.site import settings
from examples.site.content import content_of
from examples.site.templates import render


async def home(req: responder.Request, resp: responder.Response) -> None:
    """The newest posts."""
    _show_page(req, resp, 1)


async def page(req: responder.Request, resp: responder.Response, *, number: int) -> None:
    """Older posts; the first page has only one address."""
    if number == 1:
        resp.redirect(req.api.url_for("home"), permanent=True)
    else:
        _show_page(req, resp, number)


def _show_page(req: responder.Request, resp: responder.Response, number: int) -> None:
    library = content_of(req).library
    count = library.page_count(settings.POSTS_PER_PAGE)
    if not 1 <= number <= count:
        responder.abort(404, detail=f"There are {count} pages of posts.")
    posts = library.page(number, settings.POSTS_PER_PAGE)
    pictures = content_of(req).pictures
    render(req, resp, "home.html", posts=posts, pictures=pictures, number=number, count=count)


async def tags(req: responder.Request, resp: responder.Response) -> None:
    """All tags, and how often each is used."""
    render(req, resp, "tags.html", tags=content_of(req).library.by_tag())


async def tag(req: responder.Request, resp: responder.Response, *, name: str) -> None:
    """The posts of one tag."""
    posts = content_of(req).library.by_tag().get(name)
    if posts is None:
        responder.abort(404, detail=f"No post has the tag {name!r}.")
    render(req, resp, "tag.html", tag=name, posts=posts)


async def archive(req: responder.Request, resp: responder.Response) -> None:
    """Every post, year by year."""
    render(req, resp, "archive.html", years=content_of(req).library.by_year(), year=None)


async def archive_year(req: responder.Request, resp: responder.Response, *, year: int) -> None:
    """The posts of one year."""
    posts = content_of(req).library.by_year().get(year)
    if posts is None:
        responder.abort(404, detail=f"Nothing was written in {year}.")
    render(req, resp, "archive.html", years={year: posts}, year=year)


async def gallery(req: responder.Request, resp: responder.Response) -> None:
    """All pictures, small."""
    render(req, resp, "gallery.html", pictures=list(content_of(req).pictures.values()))


async def picture(req: responder.Request, resp: responder.Response, *, name: str) -> None:
    """One picture, large, with the posts that it belongs to."""
    pictures = content_of(req).pictures
    if name not in pictures:
        responder.abort(404, detail=f"There is no picture {name!r}.")
    names = list(pictures)
    index = names.index(name)
    render(
        req,
        resp,
        "picture.html",
        picture=pictures[name],
        previous=pictures[names[index - 1]],
        following=pictures[names[(index + 1) % len(names)]],
        posts=[post for post in content_of(req).library.posts if post.picture == name],
    )


async def search(req: responder.Request, resp: responder.Response) -> None:
    """The search form, and what was found: ``/search?q=tea``."""
    query = str(req.params.get("q", "")).strip()
    content = content_of(req)
    hits = content.search.find(query, settings.RESULTS_PER_SEARCH)
    has_all_words = bool(hits)
    if not has_all_words:
        hits = content.search.find_any(query, settings.POSTS_PER_PAGE)
    found = [(content.library.get(hit.slug), hit.excerpt) for hit in hits]
    render(req, resp, "search.html", query=query, found=found, has_all_words=has_all_words)


async def about(req: responder.Request, resp: responder.Response) -> None:
    """Who writes here, and how it is made."""
    render(req, resp, "about.html", about=content_of(req).about)
