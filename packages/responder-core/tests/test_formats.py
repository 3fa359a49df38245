"""The formats of an app: which one a media type or an Accept field names, and what they hold."""

from __future__ import annotations

import collections
import pathlib
from collections.abc import MutableMapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API, QueryDict
from responder_core.formats import registry
from responder_core.formats.form import make_files, make_form
from responder_core.formats.format import Format, adapt
from responder_core.formats.registry import Formats
from responder_core.formats.values import drop_nan, make_hook, simplify
from responder_core.settings import Settings

CSV = Format("csv", ("text/csv", "application/csv"), decode=bytes.split, encode=bytes, suffix="csv")


@pytest.fixture
def formats(monkeypatch):
    """The standard formats, as they are where every library is installed."""
    monkeypatch.setattr("responder_core.formats.yaml.find_spec", lambda name: name)
    monkeypatch.setattr("responder_core.formats.form.find_spec", lambda name: name)
    return Formats(Settings())


@pytest.fixture
def bare(monkeypatch):
    """The standard formats, as they are without PyYAML and python-multipart."""
    monkeypatch.setattr("responder_core.formats.yaml.find_spec", lambda name: None)
    monkeypatch.setattr("responder_core.formats.form.find_spec", lambda name: None)
    return Formats(Settings())


class TestMapping:
    def test_an_api_has_the_standard_ones(self):
        assert list(API().formats) == ["json", "yaml", "form", "files", "msgpack"]

    def test_it_is_a_mapping_that_can_be_changed(self, formats):
        assert isinstance(formats, MutableMapping)

        formats["csv"] = CSV

        assert formats["csv"] is CSV
        assert len(formats) == 6
        del formats["csv"]
        assert "csv" not in formats
        with pytest.raises(KeyError):
            formats["csv"]

    def test_each_api_has_its_own(self):
        one, other = API(), API()

        del one.formats["yaml"]

        assert "yaml" in other.formats

    def test_a_format_has_the_name_it_was_given(self, formats):
        formats["table"] = CSV

        assert formats["table"].name == "table"
        assert formats["table"].decode is CSV.decode

    def test_one_is_found_by_its_name(self, formats):
        assert formats.named("json") is formats["json"]

    def test_an_unknown_name_lists_those_there_are(self, formats):
        with pytest.raises(ValueError, match=r"no format 'x'; there are json, yaml, form, files"):
            formats.named("x")

    def test_a_function_of_the_older_style_is_adapted(self, formats):
        async def legacy(r, encode=False):
            return b"" if encode else r

        formats["x"] = legacy

        assert formats["x"].legacy is legacy
        assert formats["x"].media_types == ("application/x", "application/x-x", "text/x")
        assert formats["x"].suffix == "x"

    @pytest.mark.parametrize("value", [None, "json", lambda r, encode=False: b""])
    def test_what_is_no_format_is_refused(self, formats, value):
        with pytest.raises(TypeError, match=r"api\.formats\['x'\] takes a Format or a coroutine"):
            formats["x"] = value

    def test_nothing_is_imported_before_a_format_is_asked_for(self, monkeypatch):
        made = []
        monkeypatch.setattr(registry.Formats, "_index", lambda self: made.append(True))
        formats = Formats(Settings())

        assert made == []
        formats.load()
        formats.load()
        assert made == [True]


class TestForType:
    @pytest.mark.parametrize(
        ("content_type", "name"),
        [
            pytest.param("application/json", "json", id="rfc8259-11"),
            pytest.param("Application/JSON; charset=utf-8", "json", id="rfc9110-8.3.1-case"),
            pytest.param("text/json", "json", id="text-json"),
            pytest.param("application/problem+json", "json", id="rfc6839-3.1-suffix"),
            pytest.param("application/vnd.information+json", "json", id="form-in-the-name"),
            pytest.param("application/geo+JSON;x=1", "json", id="rfc6839-3.1-case"),
            pytest.param("application/yaml", "yaml", id="rfc9512-2.1"),
            pytest.param("application/x-yaml", "yaml", id="rfc9512-2.1-deprecated-x"),
            pytest.param("text/yaml", "yaml", id="rfc9512-2.1-deprecated-text"),
            pytest.param("text/x-yaml", "yaml", id="rfc9512-2.1-deprecated-text-x"),
            pytest.param("application/openapi+yaml", "yaml", id="rfc9512-2.2-suffix"),
            pytest.param("application/msgpack", "msgpack", id="msgpack"),
            pytest.param("application/x-msgpack", "msgpack", id="x-msgpack"),
            pytest.param("application/vnd.msgpack", "msgpack", id="vnd-msgpack"),
            pytest.param("application/a+msgpack", "msgpack", id="msgpack-suffix"),
            pytest.param("application/x-www-form-urlencoded", "form", id="urlencoded"),
            pytest.param("multipart/form-data; boundary=x", "form", id="rfc7578-8"),
            pytest.param("text/csv", "csv", id="own"),
            pytest.param("application/csv", "csv", id="own-second"),
            pytest.param("a/b+csv", "csv", id="own-suffix"),
        ],
    )
    def test_a_type_names_a_format(self, formats, content_type, name):
        formats["csv"] = CSV

        assert formats.for_type(content_type.encode()).name == name

    @pytest.mark.parametrize(
        "content_type",
        [
            "",
            "json",
            "text/plain",
            "text/xml",
            "application/xml+json+xml",
            "application/jsonp",
            "application/json-seq",
            "application/form",
            "application/octet-stream",
            "text/plain; x=application/json",
            "text/plain,application/json",
            "application/ json",
            "application/\xe9+json",
            "multipart/mixed; boundary=x",
            "+json/x",
            "application/+",
        ],
    )
    def test_any_other_names_none(self, formats, content_type):
        """A type is compared, never searched for words."""
        assert formats.for_type(content_type.encode("latin-1")) is None

    def test_what_is_not_installed_is_not_named(self, bare):
        assert bare.for_type(b"application/yaml") is None
        assert bare.for_type(b"a/b+yaml") is None
        assert bare.for_type(b"multipart/form-data") is None
        assert bare.for_type(b"application/x-www-form-urlencoded").name == "form"

    def test_a_change_is_seen_at_once(self, formats):
        assert formats.for_type(b"text/csv") is None
        formats["csv"] = CSV
        assert formats.for_type(b"text/csv") is CSV
        del formats["csv"]
        assert formats.for_type(b"text/csv") is None

    def test_of_two_with_one_type_the_first_has_it(self, formats):
        formats["other"] = Format("other", ("application/json",), decode=bytes)

        assert formats.for_type(b"application/json").name == "json"

    def test_what_clients_make_up_is_forgotten(self, formats):
        for number in range(2000):
            formats.for_type(b"a/b%d" % number)
            formats.negotiate(b"a/b%d" % number)
        formats.for_type(b"a" * 10_000)

        assert len(formats._by_type) <= 256
        assert len(formats._by_accept) <= 256
        assert b"a" * 10_000 not in formats._by_type

    @settings(deadline=None)
    @given(st.binary(max_size=50))
    def test_any_bytes_name_a_format_or_none(self, content_type):
        found = Formats(Settings()).for_type(content_type)

        assert found is None or isinstance(found, Format)

    def test_what_is_understood_is_listed(self, formats):
        """RFC 9110 §15.5.16: for the Accept field of a 415."""
        formats["csv"] = CSV

        assert formats.understood() == (
            "application/json, application/yaml, application/x-www-form-urlencoded, "
            "multipart/form-data, application/msgpack, text/csv"
        )

    def test_what_is_written_alone_is_not_listed(self, formats):
        formats["csv"] = Format("csv", ("text/csv",), encode=bytes)

        assert "csv" not in formats.understood()


class TestNegotiate:
    @pytest.mark.parametrize(
        ("accept", "name"),
        [
            pytest.param(None, "json", id="rfc9110-12.5.1-absent"),
            pytest.param("", "json", id="blank"),
            pytest.param("*/*", "json", id="everything"),
            pytest.param("application/*", "json", id="every-application"),
            pytest.param("application/yaml", "yaml", id="rfc9512"),
            pytest.param("application/x-yaml", "yaml", id="older-name"),
            pytest.param("text/yaml", "yaml", id="older-name-of-text"),
            pytest.param("application/msgpack", "msgpack", id="msgpack"),
            pytest.param("application/x-msgpack;q=0.5, */*;q=0.1", "msgpack", id="weights"),
            pytest.param("application/yaml, application/json", "json", id="tie"),
            pytest.param("application/json;q=0.5, application/yaml", "yaml", id="weight"),
            pytest.param("application/json;q=0, */*", "yaml", id="refused"),
            pytest.param("text/html, */*;q=0.1", "json", id="browser"),
            pytest.param("text/csv", "csv", id="own"),
            pytest.param("text/*", "csv", id="own-by-range"),
            pytest.param("text/html", None, id="none"),
            pytest.param("*/*;q=0", None, id="all-refused"),
            pytest.param("application/x-www-form-urlencoded", None, id="not-written"),
            pytest.param("application/x-old", "old", id="older-style"),
        ],
    )
    def test_it_is_what_the_client_likes_best(self, formats, accept, name):
        async def old(r, encode=False):
            return b""

        formats["csv"] = CSV
        formats["old"] = old

        for _ in range(2):
            found = formats.negotiate(None if accept is None else accept.encode())
            assert (found.name if found else None) == name

    def test_a_range_of_text_is_no_yaml(self, formats):
        """It is sent as application/yaml, whatever older names it is understood by."""
        assert formats.negotiate(b"application/json;q=0.2, text/*;q=0.5").name == "json"

    def test_what_is_not_installed_is_not_chosen(self, bare):
        assert bare.negotiate(b"application/yaml") is None
        assert bare.negotiate(b"application/json;q=0, */*").name == "msgpack"

    def test_a_format_without_a_type_is_not_chosen(self, formats):
        formats["bytes"] = Format("bytes", (), encode=bytes)

        assert formats.negotiate(b"*/*;q=0.1").name == "json"


class TestChoices:
    def test_what_media_can_be_sent_as_is_listed(self, formats):
        async def old(r, encode=False):
            return b""

        formats["csv"] = Format("csv", ("text/csv",), decode=bytes)
        formats["old"] = old

        assert formats.written() == [
            "application/json",
            "application/yaml",
            "application/msgpack",
            "application/old",
        ]

    def test_what_was_chosen_is_kept_until_a_format_changes(self, formats):
        formats.load()
        before = formats.revision
        formats.remember(None, bytes, (b"content-type", b"a/b"), revision=before)

        assert formats.choices == {None: (bytes, (b"content-type", b"a/b"))}
        formats["csv"] = CSV
        assert formats.choices == {}

        # A thread that had chosen before remembers it too late.
        formats.remember(None, bytes, (b"content-type", b"a/b"), revision=before)
        assert formats.choices == {}

    def test_what_clients_make_up_is_forgotten(self, formats):
        formats.load()
        field, now = (b"content-type", b"a/b"), formats.revision
        for number in range(2000):
            formats.remember(b"a/b%d" % number, bytes, field, revision=now)
        formats.remember(b"a" * 10_000, bytes, field, revision=now)

        assert len(formats.choices) <= 256
        assert b"a" * 10_000 not in formats.choices


class TestLegacy:
    def test_it_reads_the_request(self, backend):
        import anyio

        async def legacy(r, encode=False):
            return (r, encode)

        assert anyio.run(adapt("x", legacy).read, "req", backend=backend) == ("req", False)


class TestForms:
    def test_they_are_read_and_not_written(self):
        for each in (make_form(Settings()), make_files(Settings())):
            assert each.read is not None
            assert each.encode is None

    def test_files_are_asked_for_by_name_alone(self):
        assert make_files(Settings()).media_types == ()


class Word(str):
    __slots__ = ()


class Count(int):
    pass


class Share(float):
    pass


class TestValues:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            pytest.param(pathlib.PurePosixPath("/a"), "/a", id="path"),
            pytest.param(QueryDict("a=1&a=2"), {"a": "2"}, id="query"),
            pytest.param(collections.ChainMap({"a": 1}), {"a": 1}, id="mapping"),
            pytest.param(Word("a"), "a", id="str-subclass"),
            pytest.param(Count(1), 1, id="int-subclass"),
            pytest.param(Share(0.5), 0.5, id="float-subclass"),
        ],
    )
    def test_what_the_codecs_do_not_know_is_turned_into_what_they_do(self, value, expected):
        found = make_hook("JSON")(value)

        assert found == expected
        assert type(found) is type(expected)

    @pytest.mark.parametrize("value", [object(), object, collections.deque()])
    def test_what_has_no_form_is_refused_by_its_type(self, value):
        with pytest.raises(TypeError, match=r"JSON has no form for \w+\.\w+; turn it into a dict"):
            make_hook("JSON")(value)

    def test_the_encoder_of_the_program_comes_last(self):
        hook = make_hook("JSON", lambda value: f"<{type(value).__name__}>")

        assert hook(object()) == "<object>"
        assert hook(Word("a")) == "a"

    def test_a_model_is_asked_for_plain_values(self):
        class Serializer:
            def to_python(self, value, mode, by_alias):
                return {"mode": mode}

            def to_json(self, value, by_alias):
                return b"[NaN]" if value.bad else b"[]"

        class Model:
            __pydantic_serializer__ = Serializer()
            bad = False

        assert make_hook("YAML")(Model()) == {"mode": "json"}
        assert bytes(make_hook("JSON", raw=True)(Model())) == b"[]"
        with pytest.raises(TypeError):
            make_hook("JSON")(Model)
        Model.bad = True
        assert make_hook("JSON", raw=True)(Model()) == {"mode": "json"}

    def test_values_are_simplified(self):
        nan = float("nan")
        value = {"a": (1, [nan, -float("inf")]), Word("b"): b"\xff", "c": {"d"}}

        assert simplify(value, make_hook("YAML")) == {
            "a": [1, [None, None]],
            "b": "/w==",
            "c": ["d"],
        }
        assert simplify(b"a", make_hook("YAML"), keep=(bytes,)) == b"a"
        assert drop_nan((1.5, nan)) == [1.5, None]
