"""PDFs of examples/site: that they are some, and say what the post says."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from examples.site.fonts import MONO, SERIF, replace_missing
from examples.site.pdf import make_pdf
from examples.site.posts import parse_post, read_post
from examples.site.settings import Settings


def read(content: bytes) -> PdfReader:
    return PdfReader(BytesIO(content))


def text_of(reader: PdfReader) -> str:
    """All of it, in one line."""
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def make(body: str, title: str = "Tea") -> PdfReader:
    facts = f"title: '{title}'\ndate: 2026-01-02\ntags: [tea]\nsummary: Words."
    post = parse_post("tea", f"---\n{facts}\n---\n{body}")
    return read(make_pdf(post, "https://example.org/posts/tea", "https://example.org"))


def links_of(reader: PdfReader) -> set[str]:
    return {
        str(note.get_object()["/A"]["/URI"])
        for page in reader.pages
        for note in page.get("/Annots", [])
    }


def test_a_post_is_a_pdf_with_its_words(visitor):
    client = visitor()
    answer = client.get("/posts/water-first.pdf")
    reader = read(answer.content)
    text = text_of(reader)

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="water-first.pdf"'
    assert answer.headers["Link"] == '<http://127.0.0.1/posts/water-first>; rel="canonical"'
    assert reader.metadata.title == "Water first, then leaves"
    assert reader.metadata.author == "Kettle & Spanner"
    assert "my sister’s house, where the water is soft" in text
    assert "until you remember it" in text
    assert text.endswith("http://127.0.0.1/posts/water-first 1")


def test_it_is_made_once_and_not_sent_again(visitor, settings):
    client = visitor()
    first = client.get("/posts/water-first.pdf")
    files = [(path, path.stat().st_mtime_ns) for path in (settings.data / "kept").iterdir()]
    again = client.get("/posts/water-first.pdf", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert len(files) == 1
    assert [(path, path.stat().st_mtime_ns) for path in (settings.data / "kept").iterdir()] == files


def test_a_part_of_it_can_be_asked_for(visitor):
    answer = visitor().get("/posts/water-first.pdf", headers={"Range": "bytes=0-4"})

    assert (answer.status_code, answer.content) == (206, b"%PDF-")


@pytest.mark.parametrize(
    "path", sorted((Settings.content / "posts").glob("*.md")), ids=lambda p: p.stem
)
def test_every_post_fits_on_a_few_pages_and_lacks_no_letter(path):
    post = read_post(path)
    reader = read(make_pdf(post, "https://example.org/x", "https://example.org"))
    text = text_of(reader)

    assert 1 <= len(reader.pages) <= 3
    assert "□" not in text
    assert post.title in text


def test_letters_of_other_alphabets_are_there():
    text = text_of(make("Привет, «Ωμέγα», Łódź, ½ and x → y.", title="Ωμέγα"))

    assert "Привет, «Ωμέγα», Łódź, ½ and x → y." in text
    assert "stands for a sign" not in text


def test_what_has_no_letter_is_a_box_and_a_note_says_so():
    text = text_of(make("Tea is 茶 and 🫖.", title="茶"))

    assert "Tea is □ and □." in text
    assert "□ stands for a sign that this PDF has no letter for" in text
    assert "https://example.org/posts/tea" in text


def test_lists_quotes_code_and_tables_are_set():
    body = (
        "## Two\n\n1. one\n2. two\n   - three\n\n> said\n\n```\na  <b>\n```\n\n"
        "| x | y |\n|---|---|\n| 1 | *2* |\n\n***\n\nEnd  \nof `it`."
    )
    text = text_of(make(body))

    for part in ("Two 1. one 2. two • three said", "a <b>", "x y 1 2", "* * * End of it."):
        assert part in text


def test_links_lead_where_they_lead_on_the_page():
    reader = make("[a](/about), [b](https://example.net/x), [c](other)")

    assert links_of(reader) == {"https://example.org/about", "https://example.net/x", "other"}


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("[x](#here) [y]() z", "x y z"),
        ("|" + "a|" * 40 + "\n|" + "-|" * 40 + "\n|" + "b|" * 40, "a · a"),
        ("> " * 9 + "deep", "deep"),
        ("- " * 9 + "deep", "deep"),
        ("x" * 3000, "xxx"),
        ("```\n```\n\n1. \n2. \n\nend", "end"),
        ("a\u200db ☕\ufe0f", "ab ☕"),
    ],
    ids=["links", "columns", "quotes", "lists", "a long word", "nothing in it", "unseen"],
)
def test_what_is_unusual_is_set_as_well(body, shown):
    assert shown in text_of(make(body))


def test_pictures_are_not_loaded_from_elsewhere():
    reader = make("See ![a kettle](http://127.0.0.1:9/x.png) here.")

    assert "See [a kettle] here." in text_of(reader)
    assert not any(page.images for page in reader.pages)


def test_a_long_post_goes_on_on_the_next_page():
    reader = make("\n\n".join(f"Paragraph {number}. {'word ' * 60}" for number in range(60)))
    feet = [page.extract_text().split()[-1] for page in reader.pages]

    assert len(reader.pages) > 5
    assert feet == [str(number) for number in range(1, len(reader.pages) + 1)]


def test_what_a_font_lacks_is_replaced():
    assert replace_missing("a→茶\nb☕\ufe0f", SERIF, MONO) == "a→□\nb☕"
    assert replace_missing("a茶", SERIF) == "a?"
