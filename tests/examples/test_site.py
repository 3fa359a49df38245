"""examples/site, started by the command of its README and visited over HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from email.utils import parsedate_to_datetime
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import quote, urldefrag, urljoin, urlsplit

import pytest

from examples.site.markup import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
POST = "/posts/one-address-four-shapes"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"


class Page(HTMLParser):
    """What the tests look at in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def links(self) -> list[str]:
        """Every address that the page names."""
        names = ("href", "src", "action")
        return [
            address
            for _, attributes in self.elements
            for name in names
            if (address := attributes.get(name))
        ]

    def canonical(self) -> list[str | None]:
        return [link["href"] for link in self.all("link") if link.get("rel") == "canonical"]


def crawl(service) -> dict[str, object]:
    """Every address of the site that a link leads to from the front page, and its answer."""
    found: dict[str, object] = {}
    pending = ["/"]
    while pending:
        path = pending.pop()
        if path in found:
            continue
        answer = found[path] = service.get(path)
        if answer.media_type == "text/html":
            for link in Page(answer.text).links():
                url = urlsplit(urldefrag(urljoin(service.url + path, link)).url)
                if url.netloc == urlsplit(service.url).netloc:
                    pending.append(url.path + (f"?{url.query}" if url.query else ""))
    return found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder for what the site makes for itself."""
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def site(start: Callable, data: str) -> Iterator:
    environment = {"SITE_URL": "", "SITE_CONTENT": "", "SITE_SEARCH_LIMIT": "1000/minute"}
    with start("-m", "examples.site", SITE_DATA=data, **environment) as service:
        yield service


@pytest.fixture(scope="module")
def crawled(site):
    return crawl(site)


@pytest.fixture(scope="module")
def pages(crawled):
    """The pages among them, by path; the documentation of the API is another's."""
    return {
        path: Page(answer.text)
        for path, answer in crawled.items()
        if answer.media_type == "text/html" and path != "/api/docs"
    }


@pytest.fixture(scope="module")
def slugs(root):
    folder = root / "examples" / "site" / "content" / "posts"
    return {path.stem for path in folder.glob("*.md")}


# The site as a whole


def test_every_link_leads_somewhere(crawled):
    broken = {path: answer.status for path, answer in crawled.items() if answer.status != 200}

    assert broken == {}


def test_a_visitor_finds_everything(crawled, slugs):
    expected = {
        f"/posts/{slug}{suffix}"
        for slug in slugs
        for suffix in ("", ".md", ".txt", ".json", ".pdf")
    }
    expected |= {"/", "/page/2", "/tags", "/tags/tea", "/archive", "/archive/2025", "/gallery"}
    expected |= {"/gallery/kettle", "/static/gallery/kettle.svg", "/search", "/about"}
    expected |= {"/feed.xml", "/sitemap.xml", "/static/site.css", "/static/favicon.svg"}
    expected |= {"/gallery/kettle/640.webp", "/api/docs"}

    assert len(slugs) >= 12
    assert expected - crawled.keys() == set()


def test_every_page_can_be_read_by_everyone(pages):
    """A language, one h1, landmarks, a description, and words for every picture."""
    lacking = set()
    for path, page in pages.items():
        tags = [tag for tag, _ in page.elements]
        claims = {
            "language": page.all("html")[0].get("lang"),
            "h1": tags.count("h1") == 1,
            "landmarks": {"header", "nav", "main", "footer"} <= set(tags),
            "description": any(
                meta.get("name") == "description" and meta["content"] for meta in page.all("meta")
            ),
            "open graph": {"og:title", "og:description", "og:type", "og:url"}
            <= {meta.get("property") for meta in page.all("meta")},
            "alt": all("alt" in image for image in page.all("img")),
            "no script": "script" not in tags and "style" not in tags,
        }
        lacking |= {(path, name) for name, holds in claims.items() if not holds}

    assert lacking == set()


def test_every_page_has_an_address_of_its_own(site, pages):
    wrong = {path for path, page in pages.items() if page.canonical() != [site.url + path]}

    assert wrong == set()


def test_every_answer_tells_browsers_to_be_careful(crawled, site):
    answers = {**crawled, "/nowhere": site.get("/nowhere")}
    careless = {
        path
        for path, answer in answers.items()
        if answer.headers["X-Content-Type-Options"] != "nosniff"
        or "default-src 'none'" not in answer.headers["Content-Security-Policy"]
    }

    assert careless == set()


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_it_says_that_it_is_well(site, path):
    answer = site.get(path)

    assert answer.json() == {"status": "ok"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_answer_has_an_id_of_its_own(crawled):
    ids = {answer.headers["X-Request-ID"] for answer in crawled.values()}

    assert None not in ids
    assert len(ids) == len(crawled)


def test_readers_get_no_cookie(crawled):
    assert {path for path, answer in crawled.items() if answer.headers["Set-Cookie"]} == set()


def test_what_did_not_change_is_not_sent_again(site, crawled):
    for path, answer in crawled.items():
        again = site.get(path, If_None_Match=answer.headers["ETag"])
        assert (path, again.status, again.body) == (path, 304, b"")


# Lists


def test_the_front_page_begins_with_the_newest_post(site):
    first = re.search(r'<h2><a href="([^"]+)"', site.get("/").text)

    assert first is not None
    assert first[1] == "/posts/plain-text-again"


def test_the_pages_together_have_each_post_once(site, slugs):
    found = []
    for path in ("/", "/page/2", "/page/3"):
        found += re.findall(r'<h2><a href="/posts/([^"]+)"', site.get(path).text)

    assert sorted(found) == sorted(slugs)


def test_the_first_page_has_only_one_address(site):
    answer = site.get("/page/1")

    assert (answer.status, answer.headers["Location"]) == (308, "/")


@pytest.mark.parametrize(
    "path",
    [
        "/page/0",
        "/page/4",
        "/page/two",
        "/page/99999999999999999999",
        "/tags/nothing",
        "/archive/1066",
        "/gallery/nothing",
        "/posts/nothing",
        "/posts/nothing.json",
        f"{POST}/more",
        "/posts/nothing.pdf",
        "/posts/nothing/card.png",
        "/gallery/kettle/641.webp",
        "/gallery/nothing/640.webp",
    ],
)
def test_what_is_not_there_is_not_found(site, path):
    assert site.get(path).status == 404


def test_a_tag_has_its_posts_and_no_others(site):
    found = re.findall(r'<h2><a href="/posts/([^"]+)"', site.get("/tags/photography").text)

    assert found == ["flat-light", "along-the-old-railway"]


def test_a_year_has_its_posts_and_no_others(site):
    html = site.get("/archive/2026").text

    assert set(re.findall(r'<time datetime="(\d+)', html)) == {"2026"}
    assert "/posts/plain-text-again" in html


# One post, four formats


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, "text/html"),
        ("*/*", "text/html"),
        (None, "text/html"),
        ("text/*", "text/html"),
        ("text/markdown", "text/markdown"),
        ("text/plain", "text/plain"),
        ("application/json", "application/json"),
        ("application/*", "application/json"),
        ("TEXT/Markdown; q=1.0, text/html;q=0.9", "text/markdown"),
        ("text/html;q=0.2, text/plain;q=0.3", "text/plain"),
        ("text/html;q=0, */*;q=0.1", "text/markdown"),
    ],
)
def test_a_post_comes_as_the_client_likes_it(site, accept, expected):
    answer = site.get(POST, **({} if accept is None else {"Accept": accept}))

    assert (answer.status, answer.media_type) == (200, expected)
    assert "Accept" in answer.headers["Vary"].split(", ")


@pytest.mark.parametrize("accept", ["image/png", "text/html;q=0", "application/pdf, text/csv"])
def test_a_post_that_no_format_of_fits_is_not_acceptable(site, accept):
    answer = site.get(POST, Accept=accept)

    assert (answer.status, answer.media_type) == (406, "application/problem+json")
    assert "Accept" in answer.headers["Vary"].split(", ")
    assert "text/markdown" in answer.json()["available"]


@pytest.mark.parametrize(
    ("suffix", "media_type"),
    [(".md", "text/markdown"), (".txt", "text/plain"), (".json", "application/json")],
)
def test_a_suffix_decides_whatever_the_client_likes(site, suffix, media_type):
    answer = site.get(POST + suffix, Accept="text/html")
    negotiated = site.get(POST, Accept=media_type)

    assert answer.media_type == media_type
    assert answer.body == negotiated.body
    assert "Accept" not in (answer.headers["Vary"] or "").split(", ")
    assert answer.headers["Link"] == f'<{site.url}{POST}>; rel="canonical"'


def test_markdown_is_the_file_as_it_was_written(site, root):
    path = root / "examples" / "site" / "content" / f"{POST.lstrip('/')}.md"

    assert site.get(f"{POST}.md").text == path.read_text(encoding="utf-8")


def test_json_has_every_fact(site):
    facts = site.get(f"{POST}.json").json()

    assert facts["title"] == "One address, four shapes"
    assert facts["date"] == "2026-02-22"
    assert facts["tags"] == ["http", "writing"]
    assert facts["url"] == site.url + POST
    assert facts["markdown"].startswith("This post has one address.\n")
    assert facts["html"].startswith("<p>This post has one address.\n")


def test_text_is_for_reading(site):
    text = site.get("/posts/how-to-read-an-rfc.txt").text

    assert text.startswith(
        "How to read an RFC\n==================\n2025-02-09 · http, reading, craft\n"
    )
    assert "1. The abstract, and then the table of contents. Twice. The contents" in text
    assert "The capital letters\n-------------------\n" in text
    assert "> A good question to ask of every SHOULD" in text
    assert "**" not in text
    assert max(map(len, text.splitlines())) <= 72


def test_links_in_text_become_notes():
    markdown = "See [tea](/tags/tea) and [water](https://example.org/).\n\n***\n\n1. one\n2. two\n"

    assert to_text(markdown) == (
        "See tea [1] and water [2].\n\n"
        f"{'* * *'.center(72).rstrip()}\n\n"
        "1. one\n2. two\n\n"
        "[1] /tags/tea\n[2] https://example.org/\n"
    )


# What programs follow


@pytest.fixture(scope="module")
def channel(site):
    answer = site.get("/feed.xml")
    assert answer.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    rss = ET.fromstring(answer.body)
    assert (rss.tag, rss.get("version")) == ("rss", "2.0")
    found = rss.find("channel")
    assert found is not None
    return found


def test_the_feed_says_whose_it_is(site, channel):
    assert channel.findtext("title") == "Kettle & Spanner"
    assert channel.findtext("link") == f"{site.url}/"
    assert channel.findtext("description")
    assert channel.find(f"{ATOM}link").attrib == {
        "href": f"{site.url}/feed.xml",
        "rel": "self",
        "type": "application/rss+xml",
    }


def test_the_feed_has_every_post_the_newest_first(site, channel, slugs):
    items = channel.findall("item")
    dates = [parsedate_to_datetime(item.findtext("pubDate")) for item in items]

    assert {item.findtext("link") for item in items} == {f"{site.url}/posts/{s}" for s in slugs}
    assert [item.findtext("guid") for item in items] == [item.findtext("link") for item in items]
    assert dates == sorted(dates, reverse=True)
    assert parsedate_to_datetime(channel.findtext("lastBuildDate")) == dates[0]


def test_the_feed_has_posts_in_full_with_links_that_work_elsewhere(site, channel):
    html = {
        item.findtext("title"): item.findtext(f"{CONTENT}encoded") for item in channel.iter("item")
    }

    assert (
        f'<a href="{site.url}/posts/a-backup-you-have-read">'
        in html["A small server in a cupboard"]
    )
    assert not any('="/' in text for text in html.values())


def test_the_sitemap_lists_every_page(site, pages):
    root = ET.fromstring(site.get("/sitemap.xml").body)
    listed = [element.text for element in root.iter(f"{SITEMAP}loc")]

    assert root.tag == f"{SITEMAP}urlset"
    assert set(listed) == {site.url + path for path in pages if not path.startswith("/search")}
    assert len(listed) == len(set(listed))


def test_robots_are_shown_the_sitemap(site):
    answer = site.get("/robots.txt")

    assert answer.media_type == "text/plain"
    assert answer.text.splitlines() == [
        "User-agent: *",
        "Disallow: /search",
        "Disallow: /admin",
        "",
        f"Sitemap: {site.url}/sitemap.xml",
    ]


# Search


def found_by(site, query: str) -> list[str]:
    answer = site.get(f"/search?q={quote(query)}")
    assert answer.status == 200
    return re.findall(r'<h2><a href="/posts/([^"]+)"', answer.text)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("water", "water-first"),
        ("WATER", "water-first"),
        ("backups restored", "a-backup-you-have-read"),
        ("viadu", "along-the-old-railway"),
        ("cartridge", "the-bottom-bracket"),
    ],
    ids=["a title before a mention", "any case", "word stems", "unfinished", "in the text"],
)
def test_search_finds(site, query, first):
    assert found_by(site, query)[0] == first


def test_search_finds_all_words_together(site):
    assert found_by(site, "gradient bricks") == ["along-the-old-railway"]


def test_search_falls_back_to_some_of_the_words(site):
    answer = site.get("/search?q=viaduct+xylophone")

    assert "No post has all the words" in answer.text
    assert "/posts/along-the-old-railway" in answer.text


def test_search_shows_the_place(site):
    html = site.get("/search?q=cartridge").text

    assert "A new <mark>cartridge</mark> cost less than the good tea." in html


@pytest.mark.parametrize("query", ["xylophone", "☕", "", " ", "\x00", "<?>"])
def test_search_may_find_nothing(site, query):
    assert found_by(site, query) == []


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '"water',
        "water AND",
        "NOT",
        "NEAR(a b)",
        "title:water",
        "*",
        "^a",
        "'; DROP TABLE posts",
        "(",
        "-",
    ],
)
def test_no_query_is_an_operator(site, query):
    assert site.get(f"/search?q={quote(query)}").status == 200


def test_search_survives_a_query_without_end(site):
    assert site.get(f"/search?q={'water+' * 2000}").status == 200


def test_search_escapes_what_was_asked(site):
    query = '<script>alert(1)</script>" onfocus='
    page = Page(site.get(f"/search?q={quote(query)}").text)

    assert page.all("script") == []
    assert [field.get("value") for field in page.all("input")] == [query]
    assert all("onfocus" not in attributes for _, attributes in page.elements)


# Static files


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("site.css", "text/css; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
        ("gallery/kettle.svg", "image/svg+xml"),
    ],
)
def test_static_files_are_sent_as_what_they_are(site, root, name, content_type):
    answer = site.get(f"/static/{name}")

    assert answer.headers["Content-Type"] == content_type
    assert answer.body == (root / "examples" / "site" / "static" / name).read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "%2e%2e/app.py",
        "..%2fapp.py",
        "%2e%2e%2fapp.py",
        "gallery/../../app.py",
        "..%5capp.py",
        "../../../pyproject.toml",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "site.css%00",
        "%00",
        ".",
        "gallery",
        "gallery/",
        "",
        "site.css/",
        "a" * 5000,
        "nothing.css",
    ],
    ids=lambda name: name[:30] or "nothing",
)
def test_nothing_but_static_files_is_sent(site, name):
    answer = site.get(f"/static/{name}")

    assert (answer.status, answer.media_type) == (404, "application/problem+json")


# HTTP


@pytest.mark.parametrize(
    "path", ["/", POST, f"{POST}.md", f"{POST}.json", "/feed.xml", "/static/site.css", "/nowhere"]
)
def test_head_is_get_without_the_body(site, path):
    head = site.exchange(f"HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    get = site.exchange(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    fields, _, body = get.partition(b"\r\n\r\n")

    def undated(lines: bytes) -> list[bytes]:
        """Without what is another one each time."""
        own = (b"date:", b"x-request-id:", b"content-security-policy:")
        return [line for line in lines.split(b"\r\n") if not line.startswith(own)]

    assert head.endswith(b"\r\n\r\n")
    assert undated(head.removesuffix(b"\r\n\r\n")) == undated(fields)
    assert f"content-length: {len(body)}".encode() in head.split(b"\r\n")
    assert body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/", POST, f"{POST}.txt", "/static/site.css"])
def test_a_site_is_for_reading(site, method, path):
    answer = site.request(method, path)

    assert (answer.status, answer.media_type) == (405, "application/problem+json")
    assert set(re.split(r",\s*", answer.headers["Allow"])) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/json", "text/markdown", "text/html, application/json"]
)
def test_a_program_is_told_of_a_404_as_a_problem(site, accept):
    answer = site.get("/nowhere", **({} if accept is None else {"Accept": accept}))

    assert (answer.status, answer.media_type) == (404, "application/problem+json")
    assert answer.json()["status"] == 404
    assert "Accept" in answer.headers["Vary"].split(", ")


@pytest.mark.parametrize(
    "path", ["/nowhere", "/posts/viaduct-walk", "/posts/viaduct-walk.json", "/static/x"]
)
def test_a_reader_is_shown_a_way_on_from_a_404(site, path):
    answer = site.get(path, Accept=BROWSER)
    page = Page(answer.text)

    assert (answer.status, answer.media_type) == (404, "text/html")
    assert "Accept" in answer.headers["Vary"].split(", ")
    assert [form["action"] for form in page.all("form")] == ["/search"]
    assert page.canonical() == []


def test_the_search_on_a_404_has_the_words_of_the_address(site):
    page = Page(site.get("/posts/viaduct-walk_2%3Cscript%3E", Accept=BROWSER).text)

    assert [field.get("value") for field in page.all("input")] == ["viaduct walk 2 script"]


def test_a_slash_too_many_is_taken_away(site):
    answer = site.get("/about/")

    assert (answer.status, answer.headers["Location"]) == (307, "/about")


# A site of one's own: other words, another address


@pytest.fixture
def content(tmp_path):
    """A folder of content with one post in it; give other front matter, get its path."""

    def write(facts: str = "title: One\ndate: 2026-01-02\ntags: [a]\nsummary: Words.") -> str:
        (tmp_path / "posts").mkdir(exist_ok=True)
        (tmp_path / "about.md").write_text("About <script>alert(2)</script> *me*.")
        (tmp_path / "posts" / "one.md").write_text(
            f"---\n{facts}\n---\nSome words & <b>more</b>.\n"
        )
        return str(tmp_path)

    return write


def test_nothing_in_a_post_breaks_its_page(start, content, data):
    title = '</title><script>alert("1")</script> & more'
    facts = (
        f"title: '{title}'\ndate: 2026-01-02\ntags: [a]\nsummary: '\"><script>alert(3)</script>'"
    )

    with start("-m", "examples.site", SITE_CONTENT=content(facts), SITE_DATA=data) as service:
        answers = {path: a for path, a in crawl(service).items() if a.media_type == "text/html"}
        feed = ET.fromstring(service.get("/feed.xml").body)
        found = service.get("/search?q=more").text

    assert "/posts/one" in answers
    del answers["/api/docs"]
    assert {path for path, answer in answers.items() if Page(answer.text).all("script")} == set()
    assert title in unescape(answers["/posts/one"].text)
    assert [item.findtext("title") for item in feed.iter("item")] == [title]
    assert "&lt;b&gt;<mark>more</mark>&lt;/b&gt;" in found


def test_a_site_knows_its_address(start, content, data):
    environment = {"SITE_CONTENT": content(), "SITE_DATA": data, "SITE_LOG": "json"}
    with start("-m", "examples.site", SITE_URL="https://example.org/", **environment) as service:
        page = Page(service.get("/posts/one").text)
        feed = ET.fromstring(service.get("/feed.xml").body)
        robots = service.get("/robots.txt").text

    assert page.canonical() == ["https://example.org/posts/one"]
    assert [item.findtext("link") for item in feed.iter("item")] == [
        "https://example.org/posts/one"
    ]
    assert "Sitemap: https://example.org/sitemap.xml" in robots


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ("title: One\ndate: 2026-01-02\nsummary: Words.", "missing required field `tags`"),
        ("title: One\ndate: soon\ntags: [a]\nsummary: Words.", "at `$.date`"),
        ("title: One\ndate: 2026-01-02\ntags: [A B]\nsummary: Words.", "at `$.tags[0]`"),
        ("title: One\ndate: 2026-01-02\ntags: [a]\nsummary: W.\ntgas: b", "unknown field `tgas`"),
        ("title: One\ndate: 2026-01-02\ntags: [a]\nsummary: W.\npicture: b", "no picture 'b'"),
        ("title: [", "mend the front matter"),
    ],
)
def test_a_mistake_in_a_post_stops_the_start(root, content, data, facts, message):
    finished = subprocess.run(
        [sys.executable, "-m", "examples.site"],
        cwd=root,
        env={**os.environ, "SITE_CONTENT": content(facts), "SITE_DATA": data, "PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert finished.returncode not in (0, None)
    assert "PostError: one" in finished.stderr
    assert message in finished.stderr
