"""The admin of examples/site: posts are written, changed, hidden and taken away."""

from __future__ import annotations

import pytest

from examples.site.posts import parse_post, read_post
from examples.site.settings import Settings
from examples.site.writing import Entry, make_slug
from tests.examples.site.conftest import fields_of, log_in, token_of

NEW = {
    "title": "A kettle, mended",
    "date": "2026-11-01",
    "tags": "Mending, tea",
    "summary": "It did not boil. Now it does.",
    "picture": "kettle",
    "body": "First, *unplug* it.\r\n\r\nThen look.",
}
POST = "/admin/posts/water-first"


def send(client, path="/admin/new", **fields):
    token = token_of(client.get("/admin/new"))
    return client.post(path, data={"csrf_token": token, **fields})


def change(client, path=POST, **fields):
    page = client.get(path)
    return client.post(path, data={**fields_of(page), **fields})


def test_a_new_post_is_there_at_once_everywhere(author, settings):
    answer = send(author, **NEW)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin")
    assert "“A kettle, mended” is saved, and published." in author.get("/admin").text
    page = author.get("/posts/a-kettle-mended").text
    assert "<p>First, <em>unplug</em> it.</p>" in page
    assert "1 November 2026" in page
    for path in ("/", "/feed.xml", "/sitemap.xml", "/tags/mending", "/search?q=unplug", "/archive"):
        assert "/posts/a-kettle-mended" in author.get(path).text, path
    assert author.get("/api/posts/a-kettle-mended").json()["tags"] == ["mending", "tea"]
    written = (settings.content / "posts" / "a-kettle-mended.md").read_text(encoding="utf-8")
    assert written.startswith("---\ntitle: A kettle, mended\ndate: 2026-11-01\n")
    assert "\r" not in written


def test_what_is_saved_is_told_of_though_another_file_cannot_be_read(author, settings):
    (settings.content / "posts" / "broken.md").write_text("nothing")

    assert send(author, **NEW).status_code == 303
    page = author.get("/admin").text
    assert "“A kettle, mended” is saved" in page
    assert "does not show it yet, as a file cannot be read: broken.md: begin with front" in page
    assert author.get("/posts/water-first").status_code == 200


def test_a_message_is_shown_once(author):
    send(author, **NEW)

    assert "is saved" in author.get("/admin").text
    assert "is saved" not in author.get("/admin").text


def test_a_new_form_is_that_of_a_draft(author):
    assert fields_of(author.get("/admin/new"))["draft"] == "on"


@pytest.fixture
def drafted(author):
    assert send(author, **NEW, draft="on").status_code == 303
    return author


@pytest.mark.parametrize("suffix", ["", ".md", ".txt", ".json", ".pdf", "/card.png"])
def test_a_draft_is_not_public(drafted, visitor, suffix):
    reader = visitor(api=drafted.app)

    assert reader.get(f"/posts/a-kettle-mended{suffix}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/feed.xml", "/sitemap.xml", "/tags", "/tags/tea", "/archive", "/archive/2026"),
        *("/search?q=unplug", "/gallery/kettle", "/api/posts?per_page=50", "/api/search?q=unplug"),
        *("/posts/plain-text-again", "/graphql?query={posts(first:50){title}}"),
        "/graphql?query={pictures{posts{title}}}",
    ],
)
def test_nothing_tells_of_a_draft(drafted, visitor, path):
    answer = visitor(api=drafted.app).get(path)

    assert answer.status_code == 200
    assert "ettle-mended" not in answer.text
    assert "A kettle, mended" not in answer.text


def test_an_author_sees_a_draft_and_publishes_it(drafted):
    look = drafted.get("/admin/posts/a-kettle-mended/look")

    assert "Draft: nobody else sees it." in look.text
    assert look.headers["Cache-Control"] == "no-store"
    fields = fields_of(drafted.get("/admin/posts/a-kettle-mended"))
    del fields["draft"]
    assert drafted.post("/admin/posts/a-kettle-mended", data=fields).status_code == 303
    assert drafted.get("/posts/a-kettle-mended").status_code == 200


def test_a_change_is_seen_and_the_address_stays(author):
    before = author.get("/posts/water-first").headers["ETag"]
    answer = change(author, title="Water second", slug="elsewhere")

    assert answer.status_code == 303
    page = author.get("/posts/water-first", headers={"If-None-Match": before})
    assert page.status_code == 200
    assert "Water second</h1>" in page.text
    assert author.get("/posts/elsewhere").status_code == 404


def test_a_form_that_was_not_touched_changes_no_fact(author, settings):
    path = settings.content / "posts" / "water-first.md"
    before = read_post(path)

    assert change(author).status_code == 303
    after = read_post(path)
    assert (after.title, after.date, after.tags) == (before.title, before.date, before.tags)
    assert (after.summary, after.picture) == (before.summary, before.picture)
    assert after.html == before.html


@pytest.mark.parametrize(
    "path", sorted((Settings.content / "posts").glob("*.md")), ids=lambda p: p.stem
)
def test_what_a_form_shows_is_read_back(path):
    post = read_post(path)
    again = parse_post(post.slug, Entry.of_post(post).source())

    facts = ("slug", "title", "date", "tags", "summary", "picture", "draft", "body", "html")
    assert [getattr(again, name) for name in facts] == [getattr(post, name) for name in facts]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"title": "  "}, "at `$.title`"),
        ({"date": "soon"}, "at `$.date`"),
        ({"tags": "two words"}, "at `$.tags[0]`"),
        ({"picture": "nothing"}, "no picture &#39;nothing&#39;"),
        ({"slug": "../../etc/passwd"}, "name the file with a-z"),
        ({"slug": "a b"}, "name the file with a-z"),
        ({"title": "☕", "slug": ""}, "name the file with a-z"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(author, settings, fields, message):
    before = sorted(settings.content.rglob("*"))
    answer = send(author, **{**NEW, "slug": "mended", **fields})

    assert answer.status_code == 422
    assert message in answer.text
    assert fields_of(answer)["body"].startswith("First, *unplug* it.\n")
    assert sorted(settings.content.rglob("*")) == before


def test_an_address_that_is_taken_is_told(author, settings):
    before = (settings.content / "posts" / "water-first.md").read_bytes()
    answer = send(author, **{**NEW, "slug": "water-first"})

    assert answer.status_code == 409
    assert "a post of this address already" in answer.text
    assert (settings.content / "posts" / "water-first.md").read_bytes() == before


def test_who_comes_second_overwrites_nothing(author):
    first, second = fields_of(author.get(POST)), fields_of(author.get(POST))

    assert author.post(POST, data={**first, "title": "The first"}).status_code == 303
    answer = author.post(POST, data={**second, "title": "The second"})
    assert answer.status_code == 409
    assert "Somebody else has changed this post" in answer.text
    assert fields_of(answer)["title"] == "The second"
    assert "The first</h1>" in author.get("/posts/water-first").text


def test_a_post_is_taken_away_and_its_file_is_kept(author, settings):
    path = settings.content / "posts" / "water-first.md"
    before = path.read_bytes()
    page = author.get(f"{POST}/delete")
    version = page.text.partition('name="version" value="')[2].partition('"')[0]
    answer = author.post(f"{POST}/delete", data={"csrf_token": token_of(page), "version": version})

    assert answer.status_code == 303
    assert author.get("/posts/water-first").status_code == 404
    assert not path.exists()
    assert [kept.read_bytes() for kept in (settings.data / "trash").iterdir()] == [before]


def test_a_post_that_was_changed_meanwhile_is_not_taken_away(author):
    token = token_of(author.get(f"{POST}/delete"))
    answer = author.post(f"{POST}/delete", data={"csrf_token": token, "version": "of before"})

    assert answer.status_code == 409
    assert author.get("/posts/water-first").status_code == 200


@pytest.mark.parametrize("path", ["", "/look", "/delete"])
def test_a_post_that_there_is_not(author, path):
    answer = author.get(f"/admin/posts/nothing{path}", headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert "There is no post &#39;nothing&#39;." in answer.text


def test_html_and_scripts_of_a_post_are_text(author):
    body = "<script>alert(1)</script>\n\n[x](javascript:alert(2)) <b onclick=x>b</b>"
    send(author, **{**NEW, "body": body, "title": "<i>T</i>"})
    page = author.get("/posts/i-t-i").text

    assert "<script" not in page
    assert 'href="javascript:' not in page
    assert "&lt;b onclick" in page
    assert "<h1>&lt;i&gt;T&lt;/i&gt;</h1>" in page


def test_signs_that_nobody_sees_are_left_out(author, settings):
    send(author, **{**NEW, "slug": "mended", "title": "A\x02B\nC\x00", "body": "a\x03b\x00"})
    post = read_post(settings.content / "posts" / "mended.md")

    assert (post.title, post.body) == ("A B C", "ab\n")


def test_front_matter_cannot_be_broken_out_of(author, settings):
    send(author, **{**NEW, "slug": "mended", "summary": "a\n---\ndraft: true", "title": "x: [y"})
    post = read_post(settings.content / "posts" / "mended.md")

    assert (post.title, post.summary, post.draft) == ("x: [y", "a --- draft: true", False)


def test_a_preview_is_what_readers_will_see(author):
    token = token_of(author.get("/admin/new"))
    headers = {"X-CSRF-Token": token, "Content-Type": "text/markdown"}
    answer = author.post("/admin/preview", content=b"*tea* <b>", headers=headers)

    assert answer.text == "<p><em>tea</em> &lt;b&gt;</p>\n"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_too_long_is_refused(author, settings):
    assert send(author, **{**NEW, "body": "x" * 2_000_000}).status_code == 413
    assert not (settings.content / "posts" / "a-kettle-mended.md").exists()


@pytest.mark.parametrize("path", ["/admin", "/admin/new", POST, f"{POST}/delete", f"{POST}/look"])
def test_pages_of_the_admin_are_never_kept(author, path):
    answer = author.get(path)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'name="robots" content="noindex"' in answer.text or path.endswith("/look")


def test_the_script_of_the_form_has_the_nonce_of_the_policy(author):
    one, other = author.get("/admin/new"), author.get("/admin/new")
    nonces = [page.text.partition('nonce="')[2].partition('"')[0] for page in (one, other)]

    assert nonces[0] != nonces[1]
    for page, nonce in zip((one, other), nonces, strict=True):
        assert f"script-src 'nonce-{nonce}';" in page.headers["Content-Security-Policy"]


def test_what_was_written_is_there_after_a_restart(author, visitor):
    send(author, **NEW)
    again = visitor()

    assert again.get("/posts/a-kettle-mended").status_code == 200
    again.cookies.set("admin", author.cookies["admin"], path="/admin")
    assert again.get("/admin").status_code == 200


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Tea, the Café way!", "tea-the-cafe-way"),
        ("  --  ", ""),
        ("Ωμέγα", ""),
        ("x" * 200, "x" * 80),
    ],
)
def test_an_address_is_made_of_the_title(title, slug):
    assert make_slug(title) == slug


def test_who_logs_in_sees_what_another_wrote(drafted, visitor):
    other = visitor(api=drafted.app, address="192.0.2.9")
    log_in(other)

    assert "Drafts" in other.get("/admin").text
