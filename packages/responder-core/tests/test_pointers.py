"""JSON Pointers: where in a document something stands (RFC 6901)."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_core.http.pointers import pointer


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        # The example of RFC 6901 §6: its document, as URI fragments.
        pytest.param((), "#", id="6-whole-document"),
        pytest.param(("foo",), "#/foo", id="6-name"),
        pytest.param(("foo", 0), "#/foo/0", id="6-index"),
        pytest.param(("",), "#/", id="6-empty-name"),
        pytest.param(("a/b",), "#/a~1b", id="6-slash"),
        pytest.param(("c%d",), "#/c%25d", id="6-percent"),
        pytest.param(("e^f",), "#/e%5Ef", id="6-circumflex"),
        pytest.param(("g|h",), "#/g%7Ch", id="6-bar"),
        pytest.param(("i\\j",), "#/i%5Cj", id="6-backslash"),
        pytest.param(('k"l',), "#/k%22l", id="6-quote"),
        pytest.param((" ",), "#/%20", id="6-space"),
        pytest.param(("m~n",), "#/m~0n", id="6-tilde"),
        # RFC 6901 §4: "~01" stands for "~1", so the tilde is escaped first.
        pytest.param(("~1",), "#/~01", id="4-tilde-one"),
        pytest.param(("~0/",), "#/~00~1", id="4-both"),
        # RFC 3986 §3.5: fragment = *( pchar / "/" / "?" )
        pytest.param(("a:b@c?d=e&f",), "#/a:b@c?d=e&f", id="rfc3986-3.5-allowed"),
        pytest.param(("a#b",), "#/a%23b", id="rfc3986-3.5-hash"),
        pytest.param(("é",), "#/%C3%A9", id="rfc3986-2.5-utf-8"),
        pytest.param(("\ud800",), "#/?", id="no-text"),
        pytest.param(("body", "items", 0, "price"), "#/body/items/0/price", id="of-a-body"),
        pytest.param((-1,), "#/-1", id="negative"),
    ],
)
def test_a_place_is_a_fragment(path, expected):
    assert pointer(*path) == expected


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(0)))
def test_every_place_can_be_read_back(path):
    """RFC 6901 §6 and §4: unquote, divide at slashes, then ~1, then ~0."""
    text = pointer(*path)

    assert text.isascii()
    assert text[0] == "#"
    tokens = unquote(text[1:]).split("/")[1:]
    assert [token.replace("~1", "/").replace("~0", "~") for token in tokens] == [*map(str, path)]
