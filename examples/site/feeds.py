"""Feeds: what programs follow: RSS 2.0, the sitemap, and robots.txt."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime, time, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

from examples.site import settings
from examples.site.content import content_of
from examples.site.markup import with_absolute_links
from examples.site.templates import base_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import responder
    from examples.site.posts import Post

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"

ET.register_namespace("atom", _ATOM)
ET.register_namespace("content", _CONTENT)


async def feed(req: responder.Request, resp: responder.Response) -> None:
    """Every post in full, the newest first (RSS 2.0)."""
    base, url_for = base_url(req), req.api.url_for
    posts = content_of(req).library.posts
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    _add(channel, "title", settings.NAME)
    _add(channel, "link", base + url_for("home"))
    _add(channel, "description", settings.TAGLINE)
    _add(channel, "language", settings.LANGUAGE)
    if posts:
        _add(channel, "lastBuildDate", _rfc_822(posts[0].date))
    itself = {"href": base + url_for("feed"), "rel": "self", "type": "application/rss+xml"}
    ET.SubElement(channel, f"{{{_ATOM}}}link", itself)
    for post in posts:
        _add_item(channel, post, base, base + url_for("post", slug=post.slug))
    _send_xml(resp, rss, "application/rss+xml")


def _add_item(channel: ET.Element, post: Post, base: str, url: str) -> None:
    item = ET.SubElement(channel, "item")
    _add(item, "title", post.title)
    _add(item, "link", url)
    _add(item, "guid", url)
    _add(item, "pubDate", _rfc_822(post.date))
    for tag in post.tags:
        _add(item, "category", tag)
    _add(item, "description", post.summary)
    _add(item, f"{{{_CONTENT}}}encoded", with_absolute_links(post.html, base))


async def sitemap(req: responder.Request, resp: responder.Response) -> None:
    """Every page that is worth finding (sitemaps.org)."""
    base = base_url(req)
    urlset = ET.Element("urlset", xmlns=_SITEMAP)
    for path, changed in _pages(req):
        url = ET.SubElement(urlset, "url")
        _add(url, "loc", base + path)
        if changed is not None:
            _add(url, "lastmod", changed.isoformat())
    _send_xml(resp, urlset, "application/xml")


def _pages(req: responder.Request) -> Iterator[tuple[str, date | None]]:
    """The path of every page, and the day of the newest post on it where that is known."""
    content, url_for = content_of(req), req.api.url_for
    library = content.library
    newest = library.posts[0].date if library.posts else None
    yield url_for("home"), newest
    for number in range(2, library.page_count(settings.POSTS_PER_PAGE) + 1):
        yield url_for("page", number=number), newest
    for post in library.posts:
        yield url_for("post", slug=post.slug), post.date
    yield url_for("tags"), newest
    for tag, posts in library.by_tag().items():
        yield url_for("tag", name=tag), posts[0].date
    yield url_for("archive"), newest
    for year, posts in library.by_year().items():
        yield url_for("archive_year", year=year), posts[0].date
    yield url_for("gallery"), None
    for name in content.pictures:
        yield url_for("picture", name=name), None
    yield url_for("about"), None


async def robots(req: responder.Request, resp: responder.Response) -> None:
    """What crawlers may read: all but the search results and the admin (RFC 9309)."""
    search, sitemap_url = req.api.url_for("search"), base_url(req) + req.api.url_for("sitemap")
    admin = req.api.url_for("admin")
    resp.text = f"User-agent: *\nDisallow: {search}\nDisallow: {admin}\n\nSitemap: {sitemap_url}\n"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _rfc_822(day: date) -> str:
    """A day as RSS writes it: ``"Sun, 01 Feb 2026 00:00:00 GMT"``."""
    midnight = datetime.combine(day, time(), tzinfo=timezone.utc)
    return format_datetime(midnight, usegmt=True)


def _send_xml(resp: responder.Response, root: ET.Element, media_type: str) -> None:
    resp.content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    resp.mimetype = f"{media_type}; charset=utf-8"
