"""The prefix that an app is mounted at: what ASGI calls the root path."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API
from responder_core.prefix import current_prefix, split_prefix


@pytest.mark.parametrize(
    ("root_path", "path", "expected"),
    [
        pytest.param("", "/tea", ("", "/tea"), id="none"),
        pytest.param("", "/", ("", "/"), id="none-at-the-root"),
        pytest.param("/shop", "/shop/tea", ("/shop", "/tea"), id="asgi-path-with-prefix"),
        pytest.param("/shop", "/tea", ("/shop", "/tea"), id="stripped-by-a-proxy"),
        pytest.param("/shop", "/shop", ("/shop", "/"), id="prefix-alone"),
        pytest.param("/shop", "/shop/", ("/shop", "/"), id="prefix-and-slash"),
        pytest.param("/shop", "/shop//tea", ("/shop", "//tea"), id="two-slashes"),
        pytest.param("/shop", "/shopping", ("/shop", "/shopping"), id="begins-alike"),
        pytest.param("/shop", "/SHOP/tea", ("/shop", "/SHOP/tea"), id="case-counts"),
        pytest.param("/shop", "/x/shop/tea", ("/shop", "/x/shop/tea"), id="inside"),
        pytest.param("/shop", "/shop/shop", ("/shop", "/shop"), id="only-once"),
        pytest.param("/a/b", "/a/b/c", ("/a/b", "/c"), id="two-segments"),
        pytest.param("/a/b", "/a/c", ("/a/b", "/a/c"), id="half-of-it"),
        pytest.param("/shop/", "/shop/tea", ("/shop", "/tea"), id="final-slash"),
        pytest.param("/", "/tea", ("", "/tea"), id="slash-alone"),
        pytest.param("//", "/tea", ("", "/tea"), id="slashes-alone"),
        pytest.param("/é", "/é/tea", ("/é", "/tea"), id="decoded"),
        pytest.param("/%C3%A9", "/é/tea", ("/%C3%A9", "/é/tea"), id="never-decoded-twice"),
    ],
)
def test_the_prefix_is_split_from_the_path(root_path, path, expected):
    assert split_prefix({"root_path": root_path, "path": path}) == expected


def test_without_a_root_path_there_is_none():
    """ASGI: root_path is optional."""
    assert split_prefix({"path": "/tea"}) == ("", "/tea")


SEGMENTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1)


@settings(deadline=None)
@given(
    st.lists(SEGMENTS, min_size=1, max_size=3),
    st.lists(SEGMENTS, max_size=3),
    st.sampled_from(["", "/"]),
)
def test_a_prefix_and_what_is_below_it_come_apart_again(above, below, end):
    prefix = "/" + "/".join(above)
    path = "/" + "/".join(below)

    assert split_prefix({"root_path": prefix + end, "path": prefix + path}) == (prefix, path)


def test_the_scope_is_left_as_it_is():
    """The server, and what is mounted beside, read it too."""
    scope = {"root_path": "/shop/", "path": "/shop/tea"}

    split_prefix(scope)

    assert scope == {"root_path": "/shop/", "path": "/shop/tea"}


def test_outside_a_request_there_is_no_prefix():
    assert current_prefix.get() == ""


@pytest.mark.parametrize(
    ("root_path", "expected"),
    [
        pytest.param("", "", id="none"),
        pytest.param("/", "", id="slash-alone"),
        pytest.param("/shop", "/shop", id="prefix"),
        pytest.param("/shop/", "/shop", id="final-slash"),
        pytest.param("/é b", "/%C3%A9%20b", id="encoded-rfc3986-2.1"),
        pytest.param("/a%2Fb", "/a%252Fb", id="a-percent-sign-is-one"),
    ],
)
def test_a_view_sees_it_percent_encoded_and_url_for_begins_with_it(
    ask, http_scope, root_path, expected
):
    api = API()
    seen = []

    @api.route("/tea/{kind}", name="tea")
    async def tea(req, resp, *, kind):
        seen.append((current_prefix.get(), api.url_for("tea", kind=kind)))

    answer = ask(api, http_scope(path="/tea/oolong", root_path=root_path))

    assert answer.status == 200
    assert seen == [(expected, f"{expected}/tea/oolong")]
    assert current_prefix.get() == ""


def test_a_worker_thread_sees_it_too(ask, http_scope):
    api = API()
    seen = []
    api.add_route("/tea", lambda req, resp: seen.append(current_prefix.get()))

    ask(api, http_scope(path="/shop/tea", root_path="/shop"))

    assert seen == ["/shop"]
