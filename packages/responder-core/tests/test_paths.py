"""Path templates: read once, matched by segment, turned back into paths."""

from __future__ import annotations

import gc
import sys
import uuid
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core.convertors import BUILT_IN, parameter_type
from responder_core.errors import PathTemplateError
from responder_core.paths import Literal, Mixed, Whole, parse_template, refuse_no_path

ID = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")


class Convertor:
    """A convertor of a program, whose values are texts."""

    def __init__(self, regex):
        self.regex = regex

    def convert(self, value):
        return value

    def to_string(self, value):
        return value


TYPES = {
    **BUILT_IN,
    "any": parameter_type("any", Convertor("[^/]*")),
    "slug": parameter_type("slug", Convertor("[a-z0-9]+(?:-[a-z0-9]+)*")),
    "choice": parameter_type("choice", Convertor("a|ab")),
    "slashed": parameter_type("slashed", Convertor("[a-z/]+")),
}


def read(text):
    return parse_template(text, TYPES)


def count_calls(function, *args):
    """How many functions a call runs, C functions too: work, counted instead of timed."""
    count = 0

    def profile(_frame, event, _arg):
        nonlocal count
        count += event in {"call", "c_call"}

    # A collection in between would run callbacks and finalizers of others.
    gc.collect()
    gc.disable()
    sys.setprofile(profile)
    try:
        function(*args)
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


class TestReading:
    @pytest.mark.parametrize(
        ("text", "kinds"),
        [
            pytest.param("/", [Literal], id="root"),
            pytest.param("/users", [Literal], id="text"),
            pytest.param("/users/", [Literal, Literal], id="final-slash"),
            pytest.param("//", [Literal, Literal], id="empty-segments"),
            pytest.param("/users/{id}", [Literal, Whole], id="parameter"),
            pytest.param("/{a}/{b:int}/", [Whole, Whole, Literal], id="two-and-slash"),
            pytest.param("/v{major:int}.{minor:int}", [Mixed], id="text-and-parameters"),
            pytest.param("/{slug}.json", [Mixed], id="suffix"),
            pytest.param("/{p:path}/edit", [Whole, Literal], id="path-inside"),
            pytest.param("/é ?#%20", [Literal], id="any-text"),
        ],
    )
    def test_a_template_is_its_segments(self, text, kinds):
        template = read(text)

        assert [type(segment) for segment in template.segments] == kinds
        assert template.text == text
        assert template.is_static is (kinds.count(Literal) == len(kinds))

    def test_parameters_are_known_in_order(self):
        template = read("/{a}/x{b:int}-{c:uuid}/{d:path}")

        assert [(item.name, item.type.name) for item in template.parameters] == [
            ("a", "str"),
            ("b", "int"),
            ("c", "uuid"),
            ("d", "path"),
        ]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            pytest.param("", "starts with a slash: '' does not; write '/'", id="empty"),
            pytest.param("users", "write '/users'", id="no-slash"),
            pytest.param("{a}", r"write '/\{a\}'", id="no-slash-before-parameter"),
            pytest.param("http://a.org/", "starts with a slash", id="url"),
            pytest.param(" /a", "starts with a slash", id="space"),
            pytest.param("/{a", "a brace without its partner", id="open-brace"),
            pytest.param("/a}", "a brace without its partner", id="close-brace"),
            pytest.param("/{{a}}", "a brace without its partner", id="double-braces"),
            pytest.param("/{a}}", "a brace without its partner", id="brace-too-many"),
            pytest.param("/}{", "a brace without its partner", id="braces-turned-round"),
            pytest.param("/{}", r"\{\} is no parameter", id="nothing"),
            pytest.param("/{ a }", "is no parameter", id="spaces"),
            pytest.param("/{1}", "is no parameter", id="number"),
            pytest.param("/{a-b}", "is no parameter", id="hyphen"),
            pytest.param("/{a:}", "is no parameter", id="no-type"),
            pytest.param("/{:int}", "is no parameter", id="no-name"),
            pytest.param("/{a:int:str}", "is no parameter", id="two-types"),
            pytest.param("/{a:[0-9]+}", "is no parameter", id="regex"),
            pytest.param("/{a/b}", r"\{a/b\} is no parameter", id="slash-in-braces"),
            pytest.param("/{é}", "is no parameter", id="not-ascii"),
            pytest.param("/{a\n}", "is no parameter", id="newline"),
            pytest.param(
                "/{a:integer}",
                "unknown convertor 'integer'; known are: any, choice, "
                "float, int, path, slashed, slug, str, uuid",
                id="unknown-type",
            ),
            pytest.param("/{a}/{a}", "has the parameter 'a' twice", id="twice"),
            pytest.param("/{a}-{a:int}", "has the parameter 'a' twice", id="twice-in-one"),
            pytest.param("/{a:path}/{b:path}", "has two path parameters", id="two-paths"),
            pytest.param("/{a}{b}", "two parameters without text between", id="no-text-between"),
            pytest.param("/x{a:path}", "a path parameter fills its segment", id="text-before-path"),
            pytest.param("/{a:path}.json", "a path parameter fills", id="text-behind-path"),
        ],
    )
    def test_a_template_that_cannot_work_is_refused(self, text, message):
        with pytest.raises(PathTemplateError, match=message):
            read(text)

    @pytest.mark.parametrize("text", ["/{a/b}/c", "/{a:x}", "users", "/{a}/{a}"])
    def test_the_message_names_the_template(self, text):
        with pytest.raises(PathTemplateError) as raised:
            read(text)

        assert repr(text) in str(raised.value)

    @settings(deadline=None, max_examples=300)
    @given(st.text() | st.text(st.sampled_from("/{}ab:1int")).map("/{}".format))
    def test_any_text_is_a_template_or_refused(self, text):
        try:
            template = read(text)
        except PathTemplateError:
            return

        assert len(template.segments) == text.count("/")
        assert len(template.parameters) == text.count("{") == text.count("}")

    @pytest.mark.parametrize("path", [None, 5, b"/users", print, ["/a"]], ids=repr)
    def test_what_is_no_path_is_refused(self, path):
        with pytest.raises(TypeError, match="a route needs a path before the view"):
            refuse_no_path(path)

    def test_a_str_is_left_to_the_template(self):
        assert refuse_no_path("no slash") is None


class TestKey:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("/users", "/users"),
            ("/{a}", "/{b}"),
            ("/{a:int}/x", "/{b:int}/x"),
            ("/{a}", "/{b:str}"),
            ("/{a}.json", "/{b}.json"),
            ("/v{a:int}.{b}", "/v{b:int}.{a}"),
            ("/{a:path}", "/{b:path}"),
        ],
    )
    def test_templates_that_match_the_same_paths_share_it(self, one, other):
        assert read(one).key == read(other).key

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("/users", "/users/"),
            ("/users", "/Users"),
            ("/{a}", "/{a:int}"),
            ("/{a}", "/{a:path}"),
            ("/{a}.json", "/{a}.xml"),
            ("/{a}.json", "/{a:int}.json"),
            ("/{a}", "/a"),
            ("/{a}/{b}", "/{a}"),
            ("/{a}-{b}", "/{a}-"),
        ],
    )
    def test_templates_that_match_others_do_not(self, one, other):
        assert read(one).key != read(other).key


def parse(template, segment):
    """The values of a segment of text and parameters."""
    (mixed,) = read(f"/{template}").segments
    assert isinstance(mixed, Mixed)
    return mixed.parse(segment)


class TestMixed:
    @pytest.mark.parametrize(
        ("template", "segment", "expected"),
        [
            ("{a}.json", "x.json", ["x"]),
            ("{a}.json", "x.json.json", ["x.json"]),
            ("{a}.json", ".json", None),
            ("{a}.json", "x.json ", None),
            ("{a}.json", "xjson", None),
            ("{a}.json", "", None),
            ("x{a}", "xx", ["x"]),
            ("x{a}", "x", None),
            ("x{a}", "yx", None),
            ("x{a}x", "xx", None),
            ("x{a}x", "xxx", ["x"]),
            ("ab{a}ba", "aba", None),
            ("v{a:int}", "v1", [1]),
            ("v{a:int}", "vv1", None),
            ("v{a:int}", "v1x", None),
            ("v{a:int}", "v٣", None),
            ("v{a:int}.{b:int}", "v1.2", [1, 2]),
            ("v{a:int}.{b:int}", "v1.", None),
            ("v{a:int}.{b:int}", "v.2", None),
            ("v{a:int}.{b:int}", "v1.2.3", None),
            ("{a:float}.json", "1.5.json", [1.5]),
            ("{a:float}.json", "1.json", [1.0]),
            ("{a:uuid}.json", f"{ID}.json", [ID]),
            ("{a:uuid}-{b}", f"{ID}-x-y", [ID, "x-y"]),
            ("{a:int}-{b}", "12-my-post", [12, "my-post"]),
            ("{a:int}-{b}", "x-my-post", None),
            ("{a:int}-{b}", "12-", None),
            ("{a}.{b}", "a.tar.gz", ["a.tar", "gz"]),
            ("{a}.{b}", "a.b", ["a", "b"]),
            ("{a}.{b}", "ab", None),
            ("{a}.{b}", ".b", None),
            ("{a}.{b}", "a.", None),
            ("{a}.{b}", "..", None),
            ("{a}-{b:int}", "x-y-5", ["x-y", 5]),
            ("{a}-{b:int}", "x-y", None),
            ("{a}--{b}", "a---b", ["a-", "b"]),
            ("{a}-{b}-{c}", "1-2-3-4", ["1-2", "3", "4"]),
            ("<{a}>", "<x>", ["x"]),
            ("{a:slug}.json", "my-post.json", ["my-post"]),
            ("{a:slug}.json", "My.json", None),
            # What follows has one split alone, which the outer texts leave no doubt about.
            ("{a}.{b}", "a.b.", ["a", "b."]),
            ("{a}-{b}", "a--", ["a", "-"]),
            ("{a}-{b}-{c}", "1-2--", ["1", "2", "-"]),
            ("{a}-{b:uuid}", f"my-post-{ID}", ["my-post", ID]),
            ("{a:any}.json", "x.json", ["x"]),
            ("{a:choice}c", "abc", ["ab"]),
            ("x{a:choice}", "xab", ["ab"]),
            ("{a:slug}-x", "my-post-x", ["my-post"]),
        ],
    )
    def test_a_segment_is_split_between_its_texts(self, template, segment, expected):
        assert parse(template, segment) == expected

    def test_no_value_is_longer_than_python_reads(self):
        assert parse("v{a:int}", "v" + "9" * 65536) is None
        assert parse("{a}-{b:int}", "x-" + "9" * 65536) is None

    @settings(deadline=None, max_examples=300)
    @given(
        st.sampled_from([*BUILT_IN.keys() - {"path"}, "any", "slug", "choice"]),
        st.text("a-.1", max_size=3),
        st.text("a-.1", max_size=3),
        st.text("ab-.1", max_size=8) | st.just(str(ID)),
    )
    def test_one_parameter_is_all_between_the_texts(self, kind, before, behind, middle):
        if not before and not behind:
            behind = "!"

        value = parse(f"{before}{{a:{kind}}}{behind}", before + middle + behind)

        expected = TYPES[kind].parse(middle) if middle else None
        if middle:
            assert value == (None if expected is None else [expected])
        else:
            assert value in (None, [""])

    @settings(deadline=None, max_examples=300)
    @given(
        st.lists(st.sampled_from(["-", ".", "--", "a"]), min_size=1, max_size=3),
        st.text("ab-.", max_size=10),
    )
    def test_texts_match_wherever_there_is_a_split(self, separators, segment):
        """An oracle that tries every split, and takes the longest values from the left."""
        names = iter("pqrst")
        template = "".join(f"{{{next(names)}}}{text}" for text in [*separators, ""])

        def split(rest, texts):
            if not texts:
                return [rest] if rest else None
            for stop in range(len(rest) - 1, 0, -1):
                head, tail = rest[:stop], rest[stop:]
                if tail.startswith(texts[-1]):
                    last = tail[len(texts[-1]) :]
                    before = split(head, texts[:-1]) if last else None
                    if before is not None:
                        return [*before, last]
            return None

        assert parse(template, segment) == split(segment, separators)

    @pytest.mark.parametrize(
        ("template", "piece"),
        [
            ("{a}.{b}", "."),
            ("{a}.{b}", "a"),
            ("{a}-{b}-{c}-{d}", "-"),
            ("{a}-{b}-{c}-{d}", "-a"),
            ("{a:int}-{b}", "1"),
            ("{a:int}-{b:int}-{c:int}", "1-"),
            ("{a}-{b:int}-{c:int}", "1-"),
            ("{a:float}.{b:float}.{c}", "1."),
            ("{a}-{b:uuid}", f"-{ID}"),
            ("{a:uuid}-{b}", f"{ID}-"),
            ("{a}aa{b}aa{c}", "a"),
            ("x{a}x", "x"),
        ],
    )
    def test_the_work_does_not_grow_with_the_segment(self, template, piece):
        """As many functions for 64 KB as for 2 KB, each of them linear: nothing is tried twice."""
        (mixed,) = read(f"/{template}").segments
        short, long = ((piece * 65536)[:size] for size in (2048, 65536))

        assert count_calls(mixed.parse, long) <= count_calls(mixed.parse, short) + 4

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("{a}.json", "{a}.js"),
            ("v{a}.json", "{a}.json"),
            ("v{a:int}", "v{a}"),
            ("{a:any}.x", "{a:int}.x"),
            ("{a:int}-{b:int}", "{a:int}-{b}"),
            ("{a:int}-{b}", "{a}-{b:int}"),
        ],
    )
    def test_more_text_then_stricter_types_weigh_less(self, one, other):
        weights = [read(f"/{template}").segments[0].weight for template in (one, other)]

        assert weights[0] < weights[1]


class TestFormat:
    @pytest.mark.parametrize(
        ("template", "values", "expected"),
        [
            pytest.param("/", {}, "/", id="root"),
            pytest.param("/users/", {}, "/users/", id="final-slash"),
            pytest.param("/é ?#", {}, "/%C3%A9%20%3F%23", id="text-is-encoded"),
            pytest.param("/a%20b", {}, "/a%2520b", id="text-is-not-encoded-yet"),
            pytest.param("/{a}", {"a": "é b"}, "/%C3%A9%20b", id="value-is-encoded"),
            pytest.param("/{a}", {"a": "?#%;&"}, "/%3F%23%25;&", id="delimiters"),
            pytest.param("/{a}", {"a": "\\evil"}, "/%5Cevil", id="backslash"),
            pytest.param("/{a}", {"a": "a\r\nX: y"}, "/a%0D%0AX:%20y", id="injected-line"),
            pytest.param("/{a}", {"a": 5}, "/5", id="str-of-a-number"),
            pytest.param("/{a:int}", {"a": 7}, "/7", id="int"),
            pytest.param("/{a:int}", {"a": "7"}, "/7", id="int-as-text"),
            pytest.param("/{a:float}", {"a": 2.5}, "/2.5", id="float"),
            pytest.param("/{a:uuid}", {"a": ID}, f"/{ID}", id="uuid"),
            pytest.param("/{a:uuid}", {"a": str(ID)}, f"/{ID}", id="uuid-as-text"),
            pytest.param("/{a:path}", {"a": "x/y z"}, "/x/y%20z", id="path"),
            pytest.param("/{a:path}/b", {"a": "x/y"}, "/x/y/b", id="path-inside"),
            pytest.param("/{a}.json", {"a": "x y"}, "/x%20y.json", id="text-and-value"),
            pytest.param("/v{a:int}.{b}", {"a": 1, "b": "é"}, "/v1.%C3%A9", id="two-values"),
            pytest.param("/{a}", {"a": "x", "b": "y"}, "/x", id="values-too-many"),
        ],
    )
    def test_values_are_put_into_the_path(self, template, values, expected):
        assert read(template).format(values) == expected

    def test_a_missing_value_is_named(self):
        with pytest.raises(KeyError, match=r"the path '/\{a\}/\{b\}' needs a value for 'b'"):
            read("/{a}/{b}").format({"a": "x"})

    @pytest.mark.parametrize(
        ("template", "value"),
        [
            pytest.param("/{a}", "", id="empty"),
            pytest.param("/{a}", "x/y", id="slash"),
            pytest.param("/{a}.json", "x/y", id="slash-beside-text"),
            pytest.param("/{a:slashed}", "x/y", id="slash-in-a-type-that-has-it"),
            pytest.param("/{a:path}", "", id="empty-path"),
            pytest.param("/{a:int}", -1, id="negative"),
            pytest.param("/{a:int}", "x", id="letters"),
            pytest.param("/{a:float}", float("nan"), id="nan"),
            pytest.param("/{a:float}", float("inf"), id="infinity"),
            pytest.param("/{a:float}", -0.5, id="negative-float"),
            pytest.param("/{a:uuid}", "x", id="no-uuid"),
            pytest.param("/{a:slug}", "My Post", id="no-slug"),
        ],
    )
    def test_a_value_that_would_not_match_is_refused(self, template, value):
        with pytest.raises(ValueError, match=r"is no \w+, as|has a slash"):
            read(template).format({"a": value})

    @pytest.mark.parametrize(
        ("template", "values"),
        [
            pytest.param("/{a}.{b}", {"a": "x", "b": "tar.gz"}, id="split-elsewhere"),
            pytest.param("/{a}-{b}", {"a": "x", "b": "y-z"}, id="split-at-another-hyphen"),
            pytest.param("/{a:int}0{b:int}", {"a": 1, "b": 2}, id="digits-beside-digits"),
            pytest.param("/{a:int}-{b:int}", {"a": 1, "b": -2}, id="negative"),
        ],
    )
    def test_values_that_would_be_read_otherwise_are_refused(self, template, values):
        """Else url_for() gives a link to another resource, or to none."""
        with pytest.raises(ValueError, match=r"would be read otherwise|is no int"):
            read(template).format(values)

    @pytest.mark.parametrize(
        ("template", "value"),
        [
            pytest.param("/{a:path}", "/evil.example", id="path"),
            pytest.param("/{a:path}", "//evil.example", id="path-of-two"),
            pytest.param("/{a:path}/b", "/evil.example", id="path-inside"),
        ],
    )
    def test_a_path_never_names_a_host(self, template, value):
        """``//evil.example`` is a network-path reference (RFC 3986 §4.2), not a path."""
        path = read(template).format({"a": value})

        assert not path.startswith("//")
        assert unquote(path).startswith("/" + value)

    @pytest.mark.parametrize(
        ("template", "value"),
        [
            pytest.param("/{a}", "..", id="up"),
            pytest.param("/{a}", ".", id="here"),
            pytest.param("/users/{a}/edit", "..", id="up-inside"),
            pytest.param("/files/{a:path}", "../admin", id="path-up"),
            pytest.param("/files/{a:path}", "x/../../admin", id="path-up-inside"),
            pytest.param("/files/{a:path}", "x/..", id="path-up-last"),
        ],
    )
    def test_a_value_cannot_walk_through_the_tree(self, template, value):
        """Clients resolve dot segments before they send (RFC 3986 §5.2.4), encoded or not."""
        with pytest.raises(ValueError, match="dot segment"):
            read(template).format({"a": value})
