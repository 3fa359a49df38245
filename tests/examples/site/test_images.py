"""Cards and thumbnails of examples/site: their size, their form, and how long they are kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image

from examples.site import images
from examples.site.images import CARD, make_card
from examples.site.settings import STATIC


def open_image(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("path", ["/card.png", "/posts/water-first/card.png"])
def test_a_card_is_as_large_as_it_says(visitor, path):
    answer = visitor().get(path)
    image = open_image(answer.content)

    assert answer.headers["Content-Type"] == "image/png"
    assert (image.format, image.size) == ("PNG", CARD)
    assert len(answer.content) < 100_000
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_pages_name_their_cards(visitor):
    client = visitor(base_url="https://example.org")

    home, post = client.get("/").text, client.get("/posts/water-first").text
    assert '<meta property="og:image" content="https://example.org/card.png">' in home
    card = "https://example.org/posts/water-first/card.png"
    assert f'<meta property="og:image" content="{card}">' in post


@pytest.mark.parametrize("width", [320, 640, 960])
def test_a_thumbnail_has_its_width(visitor, width):
    answer = visitor().get(f"/gallery/kettle/{width}.webp")
    image = open_image(answer.content)

    assert answer.headers["Content-Type"] == "image/webp"
    assert (image.format, image.size) == ("WEBP", (width, width * 2 // 3))
    assert len(answer.content) < 40_000


def test_the_gallery_shows_every_thumbnail_that_it_names(visitor):
    client = visitor()
    page = client.get("/gallery").text
    named = {
        source.split()[0]
        for part in page.split('srcset="')[1:]
        for source in part.partition('"')[0].split(", ")
    }

    assert len(named) == 30
    assert {client.get(path).status_code for path in named if "kettle" in path} == {200}


@pytest.mark.parametrize("path", ["/card.png", "/gallery/kettle/320.webp"])
def test_an_image_that_is_known_is_not_sent_again(visitor, path):
    client = visitor()
    tag = client.get(path).headers["ETag"]
    answer = client.get(path, headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content) == (304, b"")


def test_an_image_is_made_once_however_many_ask(visitor, monkeypatch):
    made = []

    def make(*arguments):
        made.append(arguments)
        return make_card(*arguments)

    monkeypatch.setattr(images, "make_card", make)
    client = visitor()
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(client.get, ["/card.png"] * 8))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(made) == 1


def test_a_card_is_made_anew_when_its_post_changes(visitor, settings):
    client = visitor()
    first = client.get("/posts/water-first/card.png")
    path = settings.content / "posts" / "water-first.md"
    path.write_text(path.read_text().replace("Water first, then leaves", "Another title"))
    client.portal.call(client.app.state.shelf.refresh)
    second = client.get("/posts/water-first/card.png")

    assert second.content != first.content
    assert second.headers["ETag"] != first.headers["ETag"]
    assert len(list((settings.data / "kept").glob("card-water-first.*"))) == 1


@pytest.mark.parametrize(
    "title",
    ["A", "word " * 60, "x" * 300, "茶 ☕", "\u200d", "Ωμέγα & <b>"],
    ids=["short", "words", "a word", "no letters", "nothing", "other letters"],
)
@pytest.mark.parametrize("picture", [None, STATIC / "gallery" / "kettle.svg"], ids=["bare", "with"])
def test_any_title_fits(title, picture):
    image = open_image(make_card(title, "22 June 2025", picture)).convert("RGB")
    paper, margin = (250, 246, 238), 30

    assert image.size == CARD
    right = 1200 if picture is None else 700
    for x in range(right - margin, right - 1, 5):
        assert {image.getpixel((x, y)) for y in range(0, 630, 7)} == {paper}
