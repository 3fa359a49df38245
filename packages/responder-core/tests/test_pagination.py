"""Pagination: which page, what is on it, and where the others are."""

import re
from collections import deque
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urljoin, urlsplit

import msgspec
import pytest

from responder_core import API, Problem, Query
from responder_core.pagination import Page, Paging, paginate, set_pagination_headers

LETTERS = list("abcdefghij")


class TestPaginate:
    @pytest.mark.parametrize(
        ("number", "size", "items"),
        [
            pytest.param(1, 4, "abcd", id="first"),
            pytest.param(2, 4, "efgh", id="middle"),
            pytest.param(3, 4, "ij", id="last"),
            pytest.param(4, 4, "", id="behind-the-last"),
            pytest.param(2**31 - 1, 4, "", id="far-behind"),
            pytest.param(1, 10, "abcdefghij", id="all"),
            pytest.param(1, 99, "abcdefghij", id="more-than-all"),
        ],
    )
    def test_of_a_whole_list_it_takes_the_page(self, number, size, items):
        page = paginate(LETTERS, page=number, size=size)

        assert page == Page(list(items), 10, number, size, -(-10 // size))

    def test_without_a_word_it_is_the_first_of_twenty(self):
        assert paginate(range(45)) == Page([*range(20)], 45, 1, 20, 3)

    def test_of_nothing_there_is_no_page(self):
        assert paginate([]) == Page([], 0, 1, 20, 0)

    def test_what_is_no_sequence_is_read_to_its_end(self):
        assert paginate((each for each in LETTERS), page=2, size=3).items == ["d", "e", "f"]
        assert paginate({"a": 1, "b": 2}.values(), size=1) == Page([1], 2, 1, 1, 2)
        assert paginate(deque(LETTERS), page=2, size=3).items == ["d", "e", "f"]

    def test_the_list_stays_the_programs_own(self):
        letters = ["a", "b"]

        paginate(letters).items.append("c")

        assert letters == ["a", "b"]

    def test_with_a_total_the_items_are_those_of_the_page(self):
        assert paginate(["e", "f"], page=3, size=2, total=7) == Page(["e", "f"], 7, 3, 2, 4)

    def test_a_total_that_all_items_have_changes_nothing(self):
        """So do programs that give both."""
        assert paginate(LETTERS, page=2, size=4, total=10) == paginate(LETTERS, page=2, size=4)

    def test_more_items_than_a_page_has_are_a_mistake(self):
        with pytest.raises(ValueError, match=r"has 10 items for a page of 4; with total="):
            paginate(LETTERS, page=1, size=4, total=99)

    def test_texts_of_a_query_are_numbers(self):
        assert paginate(LETTERS, page="2", size="4").items == list("efgh")

    @pytest.mark.parametrize("name", ["page", "size"])
    @pytest.mark.parametrize(
        "value",
        [0, -1, "0", "-1", "", "two", "1.0", " 1", "1_0", "٣", "9" * 10_000],
        ids=lambda value: repr(value)[:15],
    )
    def test_what_is_no_number_from_one_is_a_422(self, name, value):
        with pytest.raises(Problem, match=rf"^422: The {name} ") as found:
            paginate(LETTERS, **{name: value})

        problem = found.value
        what = "must be an integer >= 1"
        assert (problem.status_code, problem.detail) == (422, f"The {name} {what}.")
        assert problem.errors == [{"parameter": name, "in": "query", "detail": what}]

    @pytest.mark.parametrize("name", ["page", "size"])
    @pytest.mark.parametrize(
        "value", [2**31, 10**30, "2147483648", "9" * 4300], ids=lambda value: repr(value)[:15]
    )
    def test_so_is_one_that_is_larger_than_any(self, name, value):
        """Neither JSON nor a database has a form for it."""
        with pytest.raises(Problem, match=rf"^422: The {name} must be an integer <= 2147483647\.$"):
            paginate(LETTERS, **{name: value})

    def test_a_size_may_have_a_bound(self):
        assert paginate(LETTERS, size="5", max_size=5).size == 5
        with pytest.raises(Problem, match=r"^422: The size must be an integer <= 5\.$"):
            paginate(LETTERS, size=6, max_size=5)


class TestPage:
    @pytest.mark.parametrize(
        ("total", "size", "pages"), [(0, 5, 0), (1, 5, 1), (5, 5, 1), (6, 5, 2), (None, 5, None)]
    )
    def test_the_pages_follow_from_the_total(self, total, size, pages):
        assert Page([], total=total, size=size).pages == pages

    def test_what_is_told_is_believed(self):
        page = Page(items=["a"], total=5, page=2, size=1, pages=3)

        assert (page.items, page.total, page.page, page.size, page.pages) == (["a"], 5, 2, 1, 3)

    @pytest.mark.parametrize(("name", "least"), [("page", 1), ("size", 1), ("total", 0)])
    def test_a_number_that_cannot_be_is_a_mistake(self, name, least):
        message = rf"^Page\(\): {name}= is {least} or more, not {least - 1}$"
        with pytest.raises(ValueError, match=message):
            Page([], **{name: least - 1})

    @pytest.mark.parametrize(
        ("page", "neighbours"),
        [
            pytest.param(Page(["a"], 1), (False, False), id="only"),
            pytest.param(Page(["a"], 3, 1, 1), (False, True), id="first"),
            pytest.param(Page(["a"], 3, 2, 1), (True, True), id="middle"),
            pytest.param(Page(["a"], 3, 3, 1), (True, False), id="last"),
            pytest.param(Page([], 3, 4, 1), (True, False), id="behind"),
            pytest.param(Page(["a"], None, 2, 1), (True, True), id="uncounted-and-full"),
            pytest.param(Page(["a"], None, 1, 2), (False, False), id="uncounted-with-room"),
        ],
    )
    def test_it_knows_its_neighbours(self, page, neighbours):
        assert (page.has_previous, page.has_next) == neighbours


@dataclass
class Letter:
    name: str


class LetterStruct(msgspec.Struct):
    name: str


def make_pydantic_letter():
    pydantic = pytest.importorskip("pydantic", reason="needs pydantic")
    return pydantic.create_model("Letter", name=(str, ...))


class TestAnswers:
    """What a view gives that gives a page."""

    @pytest.fixture
    def answer(self, client_factory):
        def ask(result, *, path="/?page=2", **options):
            api = API()

            @api.get("/", **options)
            async def view(req, resp, *, paging: Paging = Query()):
                return paginate(result, page=paging.page, size=2)

            return client_factory(api).get(path)

        return ask

    def test_it_is_an_object_with_all_numbers(self, answer):
        found = answer(["a", "b", "c"]).json()

        assert found == {"items": ["c"], "total": 3, "page": 2, "size": 2, "pages": 2}

    @pytest.mark.parametrize(
        "make",
        [lambda: Letter, lambda: LetterStruct, make_pydantic_letter],
        ids=["dataclass", "struct", "pydantic"],
    )
    @pytest.mark.parametrize("as_dicts", [False, True], ids=["models", "dicts"])
    def test_its_items_are_checked_and_filtered(self, answer, make, as_dicts):
        model = make()
        dicts = [{"name": name, "secret": 1} for name in "abc"]
        letters = dicts if as_dicts else [model(name=name) for name in "abc"]

        found = answer(letters, response_model=Page[model])

        assert found.json()["items"] == [{"name": "c"}]
        wrong = answer([{"name": "a"}, {}], path="/", response_model=Page[model])
        assert wrong.status_code == 500

    def test_objects_become_what_pydantic_reads_of_them(self, answer):
        class Row:
            name = "a"
            secret = "hunter2"

        found = answer([Row()], path="/", response_model=Page[make_pydantic_letter()])

        assert found.json()["items"] == [{"name": "a"}]

    def test_an_annotation_is_enough(self, client_factory):
        api = API()

        @api.get("/")
        async def view(req, resp) -> Page[Letter]:
            return Page([{"name": "a", "secret": 1}], page=3)

        assert client_factory(api).get("/").json() == {
            "items": [{"name": "a"}],
            "total": None,
            "page": 3,
            "size": 20,
            "pages": None,
        }


class TestPaging:
    @pytest.fixture
    def read(self, client_factory):
        def ask(query, kind=Paging):
            api = API()

            @api.get("/")
            async def view(req, resp, *, paging: kind = Query()):
                return [paging.page, paging.size, paging.offset]

            return client_factory(api).get(f"/?{query}")

        return ask

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", [1, 20, 0]),
            ("page=3", [3, 20, 40]),
            ("page=3&size=100", [3, 100, 200]),
            ("page=2147483647&size=100", [2**31 - 1, 100, (2**31 - 2) * 100]),
        ],
    )
    def test_a_client_asks_for_a_page(self, read, query, found):
        assert read(query).json() == found
        assert found[2] < 2**63

    @pytest.mark.parametrize(
        ("query", "detail"),
        [
            ("page=0", "must be an integer >= 1"),
            ("page=2147483648", "must be an integer <= 2147483647"),
            ("size=0", "must be an integer >= 1"),
            ("size=101", "must be an integer <= 100"),
            ("page=two", "must be an integer"),
        ],
    )
    def test_what_is_out_of_bounds_is_a_422(self, read, query, detail):
        answer = read(query)

        (error,) = answer.json()["errors"]
        assert answer.status_code == 422
        assert (error["parameter"], error["detail"]) == (query.partition("=")[0], detail)

    def test_other_bounds_are_those_of_a_class_of_its_own(self, read):
        class Many(Paging):
            size: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50

        assert read("page=2", Many).json() == [2, 50, 50]
        assert read("size=500", Many).json() == [1, 500, 0]
        assert read("size=501", Many).status_code == 422


def read_links(answer):
    """The targets of the Link field by what they are."""
    link = answer.headers["link"]
    found = re.findall(r'<([^<>" ]*)>; rel="([a-z]+)"(?:, |$)', link)
    assert ", ".join(f'<{url}>; rel="{relation}"' for url, relation in found) == link
    return {relation: url for url, relation in found}


class TestHeaders:
    @pytest.fixture
    def ask(self, client_factory):
        """Ask for a page of ten letters."""

        def ask(url="/letters", *, route="/letters", page=None, wrap=None, **options):
            api = API()

            @api.get(route)
            async def view(req, resp, *, paging: Paging = Query(), **params):
                found = page or paginate(LETTERS, page=paging.page, size=paging.size)
                set_pagination_headers(req, resp, found, **options)
                return found.items

            @api.get("/linked")
            async def linked(req, resp):
                resp.headers["Link"] = '</style.css>; rel="preload"'
                set_pagination_headers(req, resp, paginate(LETTERS))

            return client_factory(api if wrap is None else wrap(api)).get(url)

        return ask

    @pytest.mark.parametrize(
        ("query", "pages"),
        [
            pytest.param("page=1&size=4", {"first": 1, "next": 2, "last": 3}, id="first"),
            pytest.param(
                "page=2&size=4", {"first": 1, "prev": 1, "next": 3, "last": 3}, id="middle"
            ),
            pytest.param("page=3&size=4", {"first": 1, "prev": 2, "last": 3}, id="last"),
            pytest.param("page=9&size=4", {"first": 1, "prev": 3, "last": 3}, id="behind"),
            pytest.param("size=10", {"first": 1, "last": 1}, id="only"),
        ],
    )
    def test_the_other_pages_are_linked(self, ask, query, pages):
        size = dict(parse_qsl(query))["size"]

        answer = ask(f"/letters?{query}")

        assert read_links(answer) == {
            relation: f"/letters?page={number}&size={size}" for relation, number in pages.items()
        }
        assert answer.headers["x-total-count"] == "10"

    def test_links_lead_on_to_the_last_page(self, ask):
        url, letters = "/letters?size=3", []
        while url is not None:
            answer = ask(url)
            letters += answer.json()
            url = read_links(answer).get("next")

        assert letters == LETTERS

    def test_of_an_empty_list_there_is_one_page(self, ask):
        answer = ask(page=Page([], total=0))

        assert answer.headers["x-total-count"] == "0"
        assert read_links(answer) == {
            "first": "/letters?page=1&size=20",
            "last": "/letters?page=1&size=20",
        }

    def test_where_nobody_has_counted_there_is_no_last(self, ask):
        answer = ask(page=Page(["a", "b"], page=2, size=2))

        assert "x-total-count" not in answer.headers
        assert read_links(answer) == {
            "first": "/letters?page=1&size=2",
            "prev": "/letters?page=1&size=2",
            "next": "/letters?page=3&size=2",
        }

    @pytest.mark.parametrize(
        ("query", "kept"),
        [
            ("q=tea&tag=a&tag=b", "q=tea&tag=a&tag=b"),
            ("page=2&q=tea&page=3&size=20", "q=tea"),
            ("q=a%20b+c%26d", "q=a%20b+c%26d"),
            ("%70age=2&q", "q"),
            ("q=&&pages=1", "q=&pages=1"),
        ],
    )
    def test_other_parameters_stay_as_they_were_sent(self, ask, query, kept):
        assert read_links(ask(f"/letters?{query}"))["first"] == f"/letters?{kept}&page=1&size=20"

    @pytest.mark.parametrize(
        ("query", "kept"),
        [
            pytest.param(b'q=">, </evil>; rel="next', "q=%22%3E,%20%3C/evil%3E;%20rel=%22next"),
            pytest.param(b"q=a#b", "q=a%23b"),
            pytest.param(b"q=\xff\r\nX-Evil: 1", "q=%FF%0D%0AX-Evil:%201"),
        ],
        ids=["markup", "fragment", "bytes"],
    )
    def test_what_a_query_may_not_have_breaks_no_link(self, http_scope, talk, query, kept):
        """Servers pass on more than a URL may have."""
        api = API()

        @api.get("/")
        async def view(req, resp):
            set_pagination_headers(req, resp, Page([], 0))

        scope = http_scope(query_string=query)
        start, _ = talk(api, scope, {"type": "http.request", "body": b"", "more_body": False})

        link = dict(start["headers"])[b"link"].decode()
        one = f"</?{kept}&page=1&size=20>"
        assert link == f'{one}; rel="first", {one}; rel="last"'

    @pytest.mark.parametrize("path", ["/shop/letters", "/letters"], ids=["whole", "cut-short"])
    def test_the_prefix_of_a_proxy_stands_before_them(self, http_scope, ask, talk, path):
        api = API()

        @api.get("/letters")
        async def view(req, resp):
            set_pagination_headers(req, resp, Page([], 0))

        scope = http_scope(path=path, root_path="/shop")
        start, _ = talk(api, scope, {"type": "http.request", "body": b"", "more_body": False})

        assert b"</shop/letters?page=1" in dict(start["headers"])[b"link"]

    def test_so_does_that_of_a_mounted_app(self, ask):
        def mount(api):
            outer = API()
            outer.mount("/v1", api)
            return outer

        assert read_links(ask("/v1/letters", wrap=mount))["first"] == "/v1/letters?page=1&size=20"

    def test_the_path_is_encoded(self, ask):
        answer = ask("/a%20%3E%22/é", route="/{rest:path}")

        assert read_links(answer)["first"] == "/a%20%3E%22/%C3%A9?page=1&size=20"

    def test_no_path_leads_to_another_host(self, ask):
        answer = ask("http://shop.example//evil.example/x", route="/{rest:path}")

        url = urljoin("http://shop.example//evil.example/x", read_links(answer)["first"])
        assert urlsplit(url).netloc == "shop.example"
        assert urlsplit(url).path == "//evil.example/x"

    def test_they_may_be_absolute(self, ask):
        answer = ask("http://shop.example/letters", absolute=True)

        assert read_links(answer)["last"] == "http://shop.example/letters?page=1&size=20"

    def test_parameters_may_be_called_otherwise(self, ask):
        answer = ask("/letters?p=1&n=20&page=7", page_name="p", size_name="n")

        assert read_links(answer)["first"] == "/letters?page=7&p=1&n=20"

    def test_other_links_stay(self, ask):
        fields = ask("/linked").headers.get_list("link")

        assert fields[0] == '</style.css>; rel="preload"'
        assert fields[1].startswith('</linked?page=1&size=20>; rel="first", ')
