"""Debug pages: what failed, for the developer of an app; never for anybody else."""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path

import pytest

from responder_core import API
from responder_core.debug_pages import POLICY, STYLE
from responder_core.error_pages import policy_for

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def page_of(ask, http_scope):
    """The page that a browser gets from a debugged app whose view is this."""

    def get(view, *, path="/", query=b"", headers=(), accept=b"text/html"):
        api = API(debug=True)
        api.add_route("/", lambda req, resp: view())
        api.add_route("/{rest:path}", lambda req, resp, *, rest: view())
        fields = [(b"host", b"a.org"), (b"accept", accept), *headers]
        answer = ask(api, http_scope("GET", path, query_string=query, headers=fields))
        assert answer.status == 500
        return answer.body.decode()

    return get


def text_of(page):
    """What a reader sees of a page."""
    body = page.partition("<body>")[2]
    return html.unescape(re.sub(r"<[^>]*>", "", body))


def fail():
    raise LookupError("no such tea")  # The line that failed.


class TestTheException:
    def test_its_class_and_message_are_the_headline(self, page_of):
        assert "<h1>LookupError: no such tea</h1>" in page_of(fail)

    def test_a_class_of_the_programs_has_its_module(self, page_of):
        class TeaError(Exception):
            pass

        def view():
            raise TeaError

        assert re.search(r"<h1>\S*test_debug_pages\.\S*TeaError</h1>", page_of(view))

    def test_one_that_cannot_say_what_it_is_is_shown(self, page_of):
        class MuteError(Exception):
            def __str__(self):
                raise ValueError

        def view():
            raise MuteError

        assert "MuteError: <exception str() failed>" in text_of(page_of(view))

    def test_a_long_message_is_cut(self, page_of):
        def view():
            raise LookupError("x" * 10_000)

        headline = re.search(r"<h1>(.*)</h1>", page_of(view))[1]

        assert headline.count("x") == 4000

    def test_notes_are_shown(self, page_of):
        """PEP 678; the attribute can be set on any Python."""

        def view():
            error = LookupError("x")
            error.__notes__ = ["Did you mean <Darjeeling>?"]
            raise error

        assert "Did you mean <Darjeeling>?" in text_of(page_of(view))

    def test_notes_that_are_no_list_are_passed_over(self, page_of):
        def view():
            error = LookupError("x")
            error.__notes__ = 7
            raise error

        assert "LookupError: x" in page_of(view)


class TestTheSource:
    def test_the_line_that_failed_stands_out(self, page_of):
        (marked,) = re.findall(r"<b>.*The line that failed.*</b>", page_of(fail))

        assert "raise LookupError(&quot;no such tea&quot;)" in marked

    def test_the_file_and_the_line_are_told(self, page_of):
        number = fail.__code__.co_firstlineno + 1

        assert f"{html.escape(__file__)}:{number} <small>in fail</small>" in page_of(fail)

    def test_a_few_lines_around_are_shown(self, page_of):
        text = text_of(page_of(fail))

        assert "def fail():" in text
        assert "def text_of(page):" not in text

    def test_code_of_libraries_is_folded_away(self, page_of):
        states = re.findall(r"<details( open)?><summary>([^<]*?):\d+ ", page_of(fail))

        opened = {Path(file).name for state, file in states if state}
        folded = {Path(file).name for state, file in states if not state}
        assert opened == {"test_debug_pages.py"}
        assert "exchange.py" in folded

    def test_the_last_frame_is_open_wherever_it_is(self, page_of):
        def library():
            import json

            json.loads("{")

        assert re.search(r"<details open><summary>[^<]*json", page_of(library))

    def test_code_without_source_is_named(self, page_of):
        code = compile("def made(): raise LookupError('made')", "<made>", "exec")
        namespace = {}
        exec(code, namespace)

        page = page_of(namespace["made"])

        assert "&lt;made&gt;:1 <small>in made</small></summary></details>" in page

    def test_what_cannot_be_compiled_shows_its_line(self, page_of, tmp_path):
        """It has no frame: nothing of it ran."""
        file = tmp_path / "broken.py"
        file.write_text("tea = 1\ncup of tea\n")

        page = page_of(lambda: compile(file.read_text(), str(file), "exec"))

        assert f"{file}:2" in page
        assert "cup of tea" in text_of(page)

    def test_source_that_changed_is_read_anew(self, page_of, tmp_path):
        file = tmp_path / "changing.py"
        file.write_text("def view():\n    raise LookupError('first')\n")
        namespace = {}
        exec(compile(file.read_text(), str(file), "exec"), namespace)

        assert "raise LookupError('first')" in text_of(page_of(namespace["view"]))
        file.write_text("def view():\n    raise LookupError('second, and longer')\n")

        assert "raise LookupError('second, and longer')" in text_of(page_of(namespace["view"]))

    def test_of_an_endless_recursion_both_ends_are_shown(self, page_of):
        def again():
            again()

        page = page_of(again)

        assert "RecursionError" in page
        assert page.count("<details") < 50
        assert re.search(r"<p>\d+ frames left out\.</p>", page)


class TestChains:
    def test_a_cause_is_shown(self, page_of):
        def view():
            try:
                fail()
            except LookupError as error:
                raise ValueError("no tea today") from error

        text = text_of(page_of(view))

        assert text.index("ValueError: no tea today") < text.index("caused by LookupError")

    def test_a_context_is_shown(self, page_of):
        def view():
            try:
                fail()
            except LookupError:
                raise ValueError("no tea today")  # noqa: B904 - the case

        assert "while handling LookupError: no such tea" in text_of(page_of(view))

    def test_a_context_that_was_dropped_is_not_shown(self, page_of):
        def view():
            try:
                fail()
            except LookupError:
                raise ValueError("no tea today") from None

        page = page_of(view)

        assert page.count("<section>") == 1
        assert "while handling" not in page

    def test_a_chain_that_goes_round_ends(self, page_of):
        def view():
            first, second = LookupError("first"), LookupError("second")
            first.__cause__, second.__cause__ = second, first
            raise first

        assert page_of(view).count("<section>") == 2

    def test_a_long_chain_is_cut(self, page_of):
        def view():
            error = LookupError("0")
            for number in range(100):
                outer = LookupError(str(number))
                outer.__cause__ = error
                error = outer
            raise error

        assert page_of(view).count("<section>") == 20


class TestGroups:
    def test_what_is_in_a_group_is_shown(self, page_of):
        def view():
            inner = ExceptionGroup("inner", [KeyError("b")])
            raise ExceptionGroup("outer", [LookupError("a"), inner])

        text = text_of(page_of(view))

        assert "in the group LookupError: a" in text
        assert re.search(r"in the group \S*ExceptionGroup: inner \(1 sub-exception\)", text)
        assert "in the group KeyError: 'b'" in text

    def test_one_that_is_in_it_twice_is_shown_once(self, page_of):
        def view():
            error = LookupError("a")
            raise ExceptionGroup("outer", [error, error])

        assert page_of(view).count("<section>") == 2

    def test_a_large_group_is_cut(self, page_of):
        def view():
            raise ExceptionGroup("outer", [LookupError(str(number)) for number in range(100)])

        page = page_of(view)

        assert page.count("<section>") == 20
        assert "More exceptions were left out." in page

    @pytest.mark.parametrize("value", ["x", ("x",), [LookupError()], None], ids=repr)
    def test_an_attribute_of_that_name_that_is_no_group_is_passed_over(self, page_of, value):
        def view():
            error = LookupError("alone")
            error.exceptions = value
            raise error

        assert page_of(view).count("<section>") == 1


class TestTheRequest:
    def test_its_method_path_and_fields_are_shown(self, page_of):
        page = page_of(fail, path="/tea", query=b"q=green", headers=[(b"x-tag", b"blue")])

        text = text_of(page)
        assert "GET /tea?q=green" in text
        assert "x-tagblue" in text

    @pytest.mark.parametrize(
        "name",
        [
            b"cookie",
            b"authorization",
            b"proxy-authorization",
            b"x-api-key",
            b"x-csrf-token",
            b"x-xsrf",
            b"x-auth-request-email",
            b"x-amz-security-token",
            b"x-hub-signature",
            b"X-SESSION",
            b"x-client-secret",
            b"x-password",
        ],
    )
    def test_what_looks_like_a_secret_is_masked(self, page_of, name):
        page = page_of(fail, headers=[(name, b"hunter2")])

        assert "hunter2" not in page
        assert f"{name.decode()}••••" in text_of(page)

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            pytest.param(b"token=hunter2&q=tea", "/?token=••••&q=tea", id="token"),
            pytest.param(b"api%5Fkey=hunter2", "/?api%5Fkey=••••", id="quoted"),
            pytest.param(b"q=tea", "/?q=tea", id="plain"),
            pytest.param(b"token", "/?token", id="no-value"),
            pytest.param(b"", "/", id="none"),
        ],
    )
    def test_secrets_in_the_query_are_masked(self, page_of, query, shown):
        page = page_of(fail, query=query)

        assert "hunter2" not in page
        assert f"<p>GET {html.escape(shown)}</p>" in page

    def test_a_long_query_is_cut(self, page_of):
        assert page_of(fail, query=b"x" * 65536).count("x" * 3998) == 1

    def test_bytes_that_are_no_text_are_shown(self, page_of):
        assert "x-tagÿ" in text_of(page_of(fail, headers=[(b"x-tag", b"\xff")]))


class TestSafety:
    @pytest.mark.parametrize("place", ["message", "path", "query", "field", "name", "note"])
    def test_everything_is_escaped(self, page_of, place):
        def view():
            error = LookupError(EVIL if place == "message" else "x")
            error.__notes__ = [EVIL if place == "note" else "x"]
            raise error

        page = page_of(
            view,
            path=f"/{EVIL}" if place == "path" else "/",
            query=f"q={EVIL}".encode() if place == "query" else b"",
            headers=[
                (
                    EVIL.encode() if place == "name" else b"x-tag",
                    EVIL.encode() if place == "field" else b"x",
                )
            ],
        )

        assert "<script" not in page
        assert EVIL in text_of(page)

    def test_it_has_no_script_and_loads_nothing(self, page_of):
        page = page_of(fail)

        assert not re.search(r"<(script|link|img|iframe|object|form|base|a)\b", page)
        assert not re.search(r"\s(on\w+|style|src|href)=", page.partition("<h2>As text")[0])

    def test_its_policy_admits_its_style(self, page_of):
        style = re.search(r"<style>(.*)</style>", page_of(fail), re.DOTALL)[1]

        assert style == STYLE
        assert policy_for(style) == POLICY

    def test_half_a_character_is_shown_as_a_question_mark(self, page_of):
        def view():
            raise LookupError("\ud800")

        assert "<h1>LookupError: ?</h1>" in page_of(view)


class TestText:
    def test_it_is_what_everybody_is_told_and_the_traceback(self, page_of):
        text = page_of(fail, accept=b"text/plain")

        assert text.startswith(
            "500 Internal Server Error\n\nThe server failed to answer this request."
        )
        told, _, trace = text.partition("\n\nTraceback (most recent call last):\n")
        assert re.search(r"Request [0-9a-f-]{36}$", told)
        assert trace.endswith("LookupError: no such tea\n")

    def test_the_page_has_it_too(self, page_of):
        assert "Traceback (most recent call last):" in text_of(page_of(fail))
