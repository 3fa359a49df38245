"""Error pages: a problem as a small page for browsers, and as text for terminals."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_core import API, Problem
from responder_core.error_pages import POLICY, ErrorFacts, draw_page, draw_text
from responder_core.errors import finding

EVIL = "<script>alert(1)</script>\"'&"


class Reader(HTMLParser):
    """Everything that a page consists of: its tags, its text, its style."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.attributes = []
        self.text = []
        self.style = ""
        self._in = ""
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self._in = tag
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        if self._in == "style":
            self.style += data
        elif data.strip():
            self.text.append(data)

    def handle_endtag(self, tag):
        self._in = ""


def facts(**changes):
    """The facts of a 404."""
    members = {
        "status": 404,
        "title": "Not Found",
        "detail": "There is nothing at this path.",
        "findings": [],
        "request_id": "7",
        **changes,
    }
    return ErrorFacts(**members)


@pytest.fixture
def page_of(client_factory):
    """The page that a browser gets from an app whose view is this."""

    def get(view, **options):
        api = API(**options)
        api.add_route("/", view)
        return client_factory(api).get("/", headers={"Accept": "text/html"})

    return get


class TestPage:
    def test_it_tells_what_the_document_does(self, page_of):
        def view(req, resp):
            errors = [
                finding(("body", "price"), "must be above 0"),
                finding(("query", "limit"), "must be an integer"),
            ]
            raise Problem(422, "The order cannot be taken.", title="Wrong order", errors=errors)

        answer = page_of(view)

        assert answer.status_code == 422
        text = Reader(answer.content).text
        assert text[0] == "422 Wrong order"  # The title of the window.
        assert text[1:8] == [
            "422",
            "Wrong order",
            "The order cannot be taken.",
            "#/body/price",
            "must be above 0",
            "query limit",
            "must be an integer",
        ]
        assert text[8].startswith("Request ")

    def test_the_request_is_the_one_in_the_log(self, page_of, caplog):
        answer = page_of(lambda req, resp: 1 / 0)

        assert caplog.records[0].request_id in answer.text
        assert "ZeroDivisionError" not in answer.text

    def test_what_there_is_nothing_to_say_of_is_left_out(self):
        reader = Reader(draw_page(facts(detail="")))

        assert reader.text == ["404 Not Found", "404", "Not Found", "Request 7"]
        assert "dl" not in reader.tags

    def test_it_is_small(self):
        assert len(draw_page(facts())) < 3000

    def test_it_has_no_script_and_loads_nothing(self):
        page = draw_page(facts(findings=[("#/a", "b")]))
        reader = Reader(page)

        loading = {"script", "link", "img", "iframe", "object", "embed", "form", "base", "a"}
        assert not loading & set(reader.tags)
        assert {name for name, _ in reader.attributes} == {
            "lang",
            "charset",
            "name",
            "content",
            "class",
        }
        assert not re.search(r"url\(|@import|https?:|//", page.decode())

    def test_its_policy_admits_its_style_and_nothing_else(self):
        """CSP 3 §8.4: the hash of exactly what stands between the tags."""
        style = re.search(rb"<style>(.*)</style>", draw_page(facts()), re.DOTALL)[1]
        digest = b64encode(sha256(style).digest()).decode()

        assert POLICY.split("; ") == [
            "default-src 'none'",
            f"style-src 'sha256-{digest}'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]

    def test_it_suits_light_and_dark(self):
        style = Reader(draw_page(facts())).style

        assert "color-scheme:light dark" in style
        assert "prefers-color-scheme:dark" in style

    @pytest.mark.parametrize("place", ["title", "detail", "finding", "path", "parameter"])
    def test_everything_is_escaped(self, page_of, place):
        def view(req, resp):
            raise Problem(
                400,
                EVIL if place == "detail" else "x",
                title=EVIL if place == "title" else "x",
                errors=[
                    {
                        "pointer": EVIL if place == "path" else "#/x",
                        "detail": EVIL if place == "finding" else "x",
                    },
                    {"parameter": EVIL if place == "parameter" else "x", "in": "query"},
                ],
            )

        answer = page_of(view)

        assert "<script" not in answer.text
        assert any(EVIL in text for text in Reader(answer.content).text)

    def test_a_request_id_of_someone_elses_is_escaped(self, ask, http_scope):
        fields = [(b"host", b"a.org"), (b"accept", b"text/html")]

        scope = http_scope(headers=fields, **{"responder.request_id": EVIL})

        assert b"<script" not in ask(API(), scope).body

    @given(st.text(), st.text())
    def test_any_text_stays_text(self, title, detail):
        reader = Reader(draw_page(facts(title=title, detail=detail)))

        assert set(reader.tags) <= {
            *("html", "head", "meta", "title", "style"),
            *("body", "main", "p", "h1", "footer"),
        }

    def test_half_a_character_is_sent_as_a_question_mark(self):
        assert "<p>?</p>" in draw_page(facts(detail="\ud800")).decode()


class TestOddDocuments:
    """A program's handler may make anything of a document."""

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            pytest.param({}, ["404", "Not Found"], id="empty"),
            pytest.param({"title": None, "detail": None}, ["404", "Not Found"], id="none"),
            pytest.param({"title": 7, "detail": [1]}, ["404", "7", "[1]"], id="no-text"),
            pytest.param({"errors": "x"}, ["404", "Not Found"], id="errors-no-list"),
            pytest.param({"errors": ["x", 7, None]}, ["404", "Not Found"], id="no-findings"),
            pytest.param(
                {"errors": [{"detail": "y"}]}, ["404", "Not Found", "y"], id="finding-no-place"
            ),
            pytest.param(
                {"errors": [{"pointer": "#/x"}]}, ["404", "Not Found", "#/x"], id="no-detail"
            ),
            pytest.param(
                {"errors": ({"parameter": "q", "detail": "y"},)},
                ["404", "Not Found", "parameter q", "y"],
                id="parameter-from-nowhere",
            ),
        ],
    )
    def test_what_can_be_told_is_told(self, page_of, document, expected):
        def view(req, resp):
            raise Problem(404)

        answer = page_of(view, problem_handler=lambda _: document)

        assert answer.status_code == 404
        assert Reader(answer.content).text[1:-1] == expected

    def test_not_more_findings_are_shown_than_are_read(self, page_of):
        def view(req, resp):
            raise Problem(422, errors=[{"detail": f"no {number}"} for number in range(1000)])

        text = Reader(page_of(view).content).text

        assert text.count("no 0") == text.count("no 19") == 1
        assert "no 20" not in text


class TestText:
    def test_it_is_paragraphs(self):
        text = draw_text(facts(findings=[("#/a", "b"), ("query c", "d")])).decode()

        assert text == (
            "404 Not Found\n\nThere is nothing at this path.\n\n#/a: b\nquery c: d\n\nRequest 7\n"
        )

    def test_what_there_is_nothing_to_say_of_is_left_out(self):
        assert draw_text(facts(detail="")) == b"404 Not Found\n\nRequest 7\n"
