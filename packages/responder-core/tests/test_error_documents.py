"""Error documents: a problem in the form that the client likes best (RFC 9457, RFC 9110 §12)."""

from __future__ import annotations

import json
from importlib.util import find_spec

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_core import API, Problem, error_documents
from responder_core.error_documents import choose_forms

JSON = "application/problem+json"
YAML = "application/problem+yaml"
MSGPACK = "application/problem+msgpack"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

needs_yaml = pytest.mark.skipif(find_spec("yaml") is None, reason="PyYAML is not installed")
without_yaml = pytest.mark.skipif(find_spec("yaml") is not None, reason="PyYAML is installed")

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROMIUM = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)


@pytest.fixture
def answer(ask, http_scope):
    """What an app without routes answers to a request with these Accept fields."""

    def get(*accept, api=None, method="GET"):
        fields = [(b"host", b"a.org"), *((b"accept", value.encode()) for value in accept)]
        return ask(api or API(), http_scope(method, "/nowhere", headers=fields))

    return get


class TestNegotiation:
    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            pytest.param("*/*", JSON, id="12.5.1-anything"),
            pytest.param("", JSON, id="12.5.1-empty"),
            pytest.param("application/json", JSON, id="rfc9457-3-json"),
            pytest.param("application/problem+json", JSON, id="rfc9457-3-itself"),
            pytest.param("APPLICATION/JSON", JSON, id="8.3.1-case-insensitive"),
            pytest.param("application/*", JSON, id="12.5.1-subtypes"),
            pytest.param("application/msgpack", MSGPACK, id="msgpack"),
            pytest.param("application/x-msgpack", MSGPACK, id="x-msgpack"),
            pytest.param("application/vnd.msgpack", MSGPACK, id="vnd-msgpack"),
            pytest.param("application/problem+msgpack", MSGPACK, id="problem-msgpack"),
            pytest.param("text/html", HTML, id="html"),
            pytest.param(FIREFOX, HTML, id="firefox"),
            pytest.param(CHROMIUM, HTML, id="chromium"),
            pytest.param("text/html, text/plain, */*;q=0.01", HTML, id="text-browser"),
            pytest.param("text/html, */*", HTML, id="named-before-meant"),
            pytest.param("application/json, text/plain, */*", JSON, id="script-in-a-page"),
            pytest.param("text/plain", TEXT, id="plain"),
            pytest.param("text/plain, */*;q=0.5", TEXT, id="plain-preferred"),
            pytest.param("text/plain;q=0.5, text/html;q=0.4", TEXT, id="12.4.2-q"),
            pytest.param("text/html;q=0.5, application/json", JSON, id="12.4.2-q-of-json"),
            pytest.param("text/html, application/json", JSON, id="12.5.1-tie"),
            pytest.param("text/*", HTML, id="12.5.1-any-text"),
            pytest.param("application/json;q=0, */*", HTML, id="12.4.2-json-refused"),
            pytest.param(
                "application/json;q=0.1, application/problem+json", JSON, id="best-of-its-names"
            ),
            pytest.param("text/html;level=1", JSON, id="12.5.1-parameter-that-we-have-not"),
            pytest.param("image/png", JSON, id="12.4.1-nothing-fits"),
            pytest.param("text/html;q=0", JSON, id="12.4.2-all-refused"),
            pytest.param("application/xml", JSON, id="12.4.1-xml"),
            pytest.param("application/json-seq", JSON, id="another-type"),
            pytest.param("text/htmlx", JSON, id="no-substring"),
            pytest.param(";;,/,*", JSON, id="nonsense"),
        ],
    )
    def test_the_form_is_what_the_client_likes_best(self, answer, accept, expected):
        got = answer(accept)

        assert (got.status, got.headers["content-type"]) == (404, expected)
        assert "Accept" in got.headers["vary"].split(", ")

    def test_without_accept_it_is_json(self, answer):
        got = answer()

        assert (got.headers["content-type"], got.headers["vary"]) == (JSON, "Accept")

    def test_repeated_fields_are_one(self, answer):
        """RFC 9110 §5.3."""
        assert answer("application/json;q=0.5", "text/html").headers["content-type"] == HTML

    @needs_yaml
    @pytest.mark.parametrize(
        "accept",
        [
            pytest.param("application/yaml", id="rfc9512-2.1"),
            pytest.param("application/x-yaml", id="x-yaml"),
            pytest.param("text/yaml", id="text-yaml"),
            pytest.param("text/x-yaml", id="text-x-yaml"),
            pytest.param("application/problem+yaml", id="rfc9512-2.2-suffix"),
            pytest.param("application/yaml, */*;q=0.1", id="preferred"),
        ],
    )
    def test_yaml_is_sent_to_whom_asks_for_it(self, answer, accept):
        import yaml

        got = answer(accept)

        assert got.headers["content-type"] == YAML
        assert yaml.safe_load(got.body)["title"] == "Not Found"

    @without_yaml
    @pytest.mark.parametrize("accept", ["application/yaml", "application/yaml, text/plain;q=0"])
    def test_yaml_that_is_not_installed_is_json(self, answer, accept):
        assert answer(accept).headers["content-type"] == JSON

    def test_a_format_that_is_gone_is_passed_over(self, answer):
        api = API()
        del api.formats["msgpack"]

        assert answer("application/msgpack, text/plain;q=0.1", api=api).headers["content-type"] == (
            TEXT
        )

    def test_without_json_there_is_json_all_the_same(self, answer):
        api = API()
        del api.formats["json"]

        got = answer("application/json", api=api)

        assert (got.status, got.headers["content-type"]) == (404, JSON)
        assert json.loads(got.body)["status"] == 404

    def test_a_strict_app_answers_errors_all_the_same(self, answer):
        """An error is never a 406: it would hide another one."""
        got = answer("image/png", api=API(strict_accept=True))

        assert (got.status, got.headers["content-type"]) == (404, JSON)

    def test_what_the_program_says_of_the_json_holds_for_errors(self, answer):
        api = API(json_ensure_ascii=True)
        api.add_route("/nowhere", lambda req, resp: resp.problem(409, "é"))

        assert b"\\u00e9" in answer(api=api).body


class TestForms:
    @pytest.fixture
    def api(self):
        """An app whose only answer is a problem with all members."""
        api = API()

        @api.route("/nowhere")
        def view(req, resp):
            raise Problem(
                422,
                "The order cannot be taken.",
                errors=[{"pointer": "#/body/price", "detail": "must be above 0"}],
                seat="12A",
            )

        return api

    @pytest.mark.parametrize(
        ("accept", "decode"),
        [
            pytest.param("application/json", json.loads, id="json"),
            pytest.param("application/msgpack", msgspec.msgpack.decode, id="msgpack"),
            pytest.param(
                "application/yaml",
                lambda body: pytest.importorskip("yaml").safe_load(body),
                id="yaml",
                marks=needs_yaml,
            ),
        ],
    )
    def test_programs_get_every_member(self, answer, api, accept, decode):
        document = decode(answer(accept, api=api).body)

        assert document.pop("instance").startswith("urn:uuid:")
        assert document == {
            "type": "about:blank",
            "title": "Unprocessable Content",
            "status": 422,
            "detail": "The order cannot be taken.",
            "errors": [{"pointer": "#/body/price", "detail": "must be above 0"}],
            "seat": "12A",
        }

    def test_a_terminal_gets_text(self, answer, api):
        lines = answer("text/plain", api=api).body.decode().split("\n\n")

        assert lines[:3] == [
            "422 Unprocessable Content",
            "The order cannot be taken.",
            "#/body/price: must be above 0",
        ]
        assert lines[3].startswith("Request ")

    def test_a_browser_gets_a_page_with_a_policy_of_its_own(self, answer, api):
        got = answer("text/html", api=api)

        assert b"<h1>Unprocessable Content</h1>" in got.body
        assert got.headers["content-security-policy"].startswith("default-src 'none'; style-src ")

    def test_a_policy_of_the_programs_stays(self, answer):
        api = API()

        @api.route("/nowhere")
        def view(req, resp):
            resp.headers["Content-Security-Policy"] = "default-src 'self'"
            raise Problem(404)

        got = answer("text/html", api=api)

        assert got.headers["content-security-policy"] == "default-src 'self'"

    @pytest.mark.parametrize("accept", ["application/json", "text/plain", "application/msgpack"])
    def test_what_is_no_page_has_no_policy(self, answer, accept):
        assert "content-security-policy" not in answer(accept).headers

    @pytest.mark.parametrize("accept", ["*/*", "text/html", "text/plain", "application/msgpack"])
    def test_the_length_is_the_bodys(self, answer, accept):
        got = answer(accept)

        assert got.headers["content-length"] == str(len(got.body))

    def test_head_has_the_length_and_no_body(self, answer):
        got = answer("text/plain", method="HEAD")

        assert (got.status, got.body) == (404, b"")
        assert int(got.headers["content-length"]) > 0


class TestDebug:
    """In debug a failure is shown to browsers and terminals with what failed."""

    @pytest.mark.parametrize("accept", ["text/html", "text/plain", "application/json"])
    @pytest.mark.parametrize("debug", [False, True], ids=["service", "debug"])
    def test_what_failed_is_told_in_debug_alone(self, answer, caplog, accept, debug):
        api = API(debug=debug)
        api.add_route("/nowhere", lambda req, resp: {}["tea from Assam"])

        got = answer(accept, api=api)

        assert got.status == 500
        assert (b"tea from Assam" in got.body) is debug
        assert (b"test_error_documents.py" in got.body) is debug
        assert len(caplog.records) == 1

    def test_the_page_has_a_policy_of_its_own(self, answer):
        policies = set()
        for debug in (False, True):
            api = API(debug=debug)
            api.add_route("/nowhere", lambda req, resp: 1 / 0)
            policies.add(answer("text/html", api=api).headers["content-security-policy"])

        assert len(policies) == 2

    def test_a_problem_that_follows_a_failure_is_its_own_page(self, answer):
        """An after hook that answers otherwise is not answered with the old traceback."""
        api = API(debug=True)
        api.add_route("/nowhere", lambda req, resp: 1 / 0)
        api.after_request(lambda req, resp: resp.problem(503, "Come back later."))

        got = answer("text/html", api=api)

        assert got.status == 503
        assert b"ZeroDivisionError" not in got.body

    @pytest.mark.parametrize("accept", ["text/html", "text/plain"])
    def test_a_problem_is_the_same_in_debug(self, answer, accept):
        plain, debug = (answer(accept, api=API(debug=each)) for each in (False, True))

        assert len(plain.body) == len(debug.body)


class TestChoosing:
    def test_every_form_that_is_taken_is_given_the_best_first(self):
        assert choose_forms(b"text/html, */*;q=0.8") == ("html", "json", "text", "yaml", "msgpack")
        assert choose_forms(b"application/yaml, text/plain;q=0.5") == ("yaml", "text")
        assert choose_forms(b"image/png") == ()

    @pytest.mark.parametrize(
        ("accept", "best"),
        [
            pytest.param(b"text/plain," * 6000, ("text",), id="ranges"),
            pytest.param(b"," * 65536, (), id="commas"),
            pytest.param(b"*/*;q=" + b"9" * 65530, (), id="half-of-an-element"),
            pytest.param(b'"' * 65536, (), id="quotes"),
            pytest.param(b"text/plain;" + b"x=y;" * 16383, (), id="parameters"),
            pytest.param(b"\xff" * 65536, (), id="bytes"),
        ],
    )
    def test_a_long_field_is_weighed_and_not_remembered(self, accept, best):
        kept = error_documents._choose_kept.cache_info().currsize

        assert choose_forms(accept)[:1] == best
        assert error_documents._choose_kept.cache_info().currsize == kept

    def test_what_is_remembered_is_bounded(self):
        for number in range(1000):
            choose_forms(b"text/plain;q=0.%d" % number)

        assert error_documents._choose_kept.cache_info().currsize <= 256

    @given(st.binary() | st.text("aelmnopst/*;=q,. 01").map(str.encode))
    def test_any_field_gives_forms(self, accept):
        forms = choose_forms(accept)

        assert len(set(forms)) == len(forms)
        assert set(forms) <= {"json", "html", "text", "yaml", "msgpack"}
