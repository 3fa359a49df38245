"""Query parameters: urlencoded text as a mapping (WHATWG URL §5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API
from responder_core.errors import MissingKeyError
from responder_core.http.query import QueryDict


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("a=1&b=2", [("a", ["1"]), ("b", ["2"])], id="two"),
        pytest.param("a=1&b=2&a=3", [("a", ["1", "3"]), ("b", ["2"])], id="repeated"),
        pytest.param("a=", [("a", [""])], id="blank-value"),
        pytest.param("a", [("a", [""])], id="no-equals-sign"),
        pytest.param("=1", [("", ["1"])], id="blank-name"),
        pytest.param("&&a=1&&", [("a", ["1"])], id="whatwg-5.1-step-3.1-empty-pieces"),
        pytest.param("a=1=2", [("a", ["1=2"])], id="whatwg-5.1-step-3.2-first-equals-sign"),
        pytest.param("a+b=c+d", [("a b", ["c d"])], id="whatwg-5.1-step-3.4-plus"),
        pytest.param("a%2Bb=%26%3D", [("a+b", ["&="])], id="encoded-delimiters"),
        pytest.param("a=1;b=2", [("a", ["1;b=2"])], id="semicolon-separates-nothing"),
        pytest.param("q=%C3%A9", [("q", ["é"])], id="utf-8"),
        pytest.param("q=%FF", [("q", ["\ufffd"])], id="no-utf-8"),
        pytest.param("q=%zz%", [("q", ["%zz%"])], id="whatwg-1.3-broken-encoding-stays"),
        pytest.param("q=%00%0D%0A", [("q", ["\0\r\n"])], id="controls"),
        pytest.param("q=%ED%A0%80", [("q", ["\ufffd" * 3])], id="surrogate-is-no-utf-8"),
        pytest.param("a[]=1&a[b]=2", [("a[]", ["1"]), ("a[b]", ["2"])], id="brackets-are-text"),
    ],
)
@pytest.mark.parametrize("kind", [str, str.encode], ids=["str", "bytes"])
def test_text_is_read_as_the_url_standard_says(query, expected, kind):
    assert list(QueryDict(kind(query)).items_list()) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("q=é".encode(), "é", id="utf-8"),
        pytest.param(b"q=\xc3%A9", "é", id="half-raw-half-encoded"),
        pytest.param(b"q=\xff", "\ufffd", id="no-utf-8"),
    ],
)
def test_raw_bytes_are_utf_8_as_encoded_ones_are(query, expected):
    """WHATWG URL §5.1 decodes percent-encoding and bytes alike, then reads UTF-8."""
    assert QueryDict(query)["q"] == expected


class TestMapping:
    def test_an_item_is_the_last_value(self):
        assert QueryDict("a=1&a=2")["a"] == "2"

    def test_get_is_the_last_value_or_the_default(self):
        params = QueryDict("a=1&a=2&b=")

        assert params.get("a") == "2"
        assert params.get("b", "x") == ""
        assert params.get("c") is None
        assert params.get("c", 5) == 5

    def test_get_list_is_every_value_or_the_default(self):
        params = QueryDict("a=1&a=2&b=")

        assert params.get_list("a") == ["1", "2"]
        assert params.get_list("b", ["x"]) == [""]
        assert params.get_list("c") == []
        assert params.get_list("c", ["x"]) == ["x"]

    def test_lists_are_the_callers_own(self):
        params = QueryDict("a=1")

        params.get_list("a").append("2")
        dict(params.items_list())["a"].append("3")

        assert params.get_list("a") == ["1"]

    def test_it_is_a_mapping_of_last_values(self):
        params = QueryDict("a=1&a=2&b=3")

        assert isinstance(params, Mapping)
        assert dict(params) == {"a": "2", "b": "3"}
        assert list(params.items()) == [("a", "2"), ("b", "3")]
        assert len(params) == 2
        assert "a" in params
        assert "c" not in params
        assert 5 not in params

    def test_it_cannot_be_changed(self):
        with pytest.raises(TypeError):
            QueryDict("a=1")["a"] = "2"

    def test_its_repr_shows_every_value(self):
        assert repr(QueryDict("a=1&a=2")) == "QueryDict({'a': ['1', '2']})"

    def test_it_is_empty_when_made_of_nothing(self):
        assert not QueryDict()


class TestMissing:
    def test_a_missing_parameter_is_a_key_error_for_the_program(self):
        with pytest.raises(KeyError):
            QueryDict("a=1")["b"]

    def test_the_error_names_the_parameter(self):
        with pytest.raises(MissingKeyError) as raised:
            QueryDict("")["page"]

        assert raised.value.key == "page"

    def test_a_missing_parameter_is_a_400_for_the_client(self, client_factory):
        api = API()

        @api.route("/")
        async def search(req, resp):
            resp.text = req.params["q"]

        client = client_factory(api)
        answer = client.get("/?p=1")

        assert answer.status_code == 400
        assert answer.json()["detail"] == "The query parameter 'q' is required."
        assert client.get("/?q=tea").text == "tea"


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(query):
    params = QueryDict(query)

    for key, values in params.items_list():
        assert values
        assert params[key] == values[-1]
        (key + "".join(values)).encode()  # No lone surrogate, so everything can be sent on.


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(), st.text()), max_size=8))
def test_what_urlencode_writes_is_read_back(pairs):
    expected: dict[str, list[str]] = {}
    for key, value in pairs:
        expected.setdefault(key, []).append(value)

    assert dict(QueryDict(urlencode(pairs)).items_list()) == expected
    assert dict(QueryDict(urlencode(pairs).encode()).items_list()) == expected


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param("&" * 65536, 0, id="separators"),
        pytest.param("=" * 65536, 1, id="equals-signs"),
        pytest.param(";" * 65536, 1, id="semicolons"),
        pytest.param("%" * 65536, 1, id="percent-signs"),
        pytest.param("+" * 65536, 1, id="plus-signs"),
        pytest.param("&".join(f"{n}" for n in range(10000)), 10000, id="names"),
    ],
)
def test_sixty_four_kilobytes_are_read(query, count):
    assert len(QueryDict(query)) == count
