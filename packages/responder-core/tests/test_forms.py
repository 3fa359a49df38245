"""Forms: urlencoded and multipart bodies as fields and files, through an app."""

from __future__ import annotations

import gc
import json
import sys

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API, Limits, Problem
from responder_core.forms import FormDict, parse_urlencoded

URLENCODED = "application/x-www-form-urlencoded"


def pieces(*chunks):
    last = len(chunks) - 1
    return [
        {"type": "http.request", "body": chunk, "more_body": index < last}
        for index, chunk in enumerate(chunks)
    ]


async def describe(upload):
    return [upload.filename, upload.content_type, upload.size, (await upload.read()).decode()]


async def read_form(req, resp):
    fields = await req.media("form")
    files = await req.media("files")
    resp.media = [
        dict(fields.items_list()),
        {name: await describe(upload) for name, upload in files.items()},
    ]
    await req.close()


@pytest.fixture
def post(talk, http_scope):
    """Send a form to a view; give the status and the document."""

    def send(*chunks, kind=URLENCODED, view=read_form, fields=(), **settings):
        api = API(**settings)
        api.add_route("/", view, methods=["POST"])
        headers = [(b"host", b"a.org"), *fields]
        if kind is not None:
            headers.append((b"content-type", kind.encode("latin-1")))
        sent = talk(api, http_scope("POST", headers=headers), *pieces(*chunks))
        return sent[0]["status"], json.loads(sent[1]["body"] or b"null")

    return send


def multipart(*parts, end=b"--x--\r\n"):
    """A form of parts, each a name, the rest of its fields, and its content."""
    lines = [
        b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
        % (name.encode(), rest.encode(), content)
        for name, rest, content in parts
    ]
    return b"".join(lines) + end


MULTIPART = "multipart/form-data; boundary=x"


def count_calls(function):
    """How many functions a call runs: work, counted instead of timed."""
    count = 0

    def profile(_frame, event, _arg):
        nonlocal count
        count += event in {"call", "c_call"}

    gc.collect()
    gc.disable()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


class TestUrlencoded:
    @pytest.mark.parametrize(
        ("content", "fields"),
        [
            pytest.param(b"", {}, id="empty"),
            pytest.param(b"a=1&b=2&a=3", {"a": ["1", "3"], "b": ["2"]}, id="fields"),
            pytest.param(b"a=&b", {"a": [""], "b": [""]}, id="blank"),
            pytest.param(b"&&a=1&", {"a": ["1"]}, id="empty-pieces"),
            pytest.param(b"a=1;b=2", {"a": ["1;b=2"]}, id="semicolon-separates-nothing"),
            pytest.param(b"a=1+2%2B3", {"a": ["1 2+3"]}, id="plus"),
            pytest.param(b"a=%C3%A9", {"a": ["é"]}, id="encoded-utf-8"),
            pytest.param("é=日".encode(), {"é": ["日"]}, id="raw-utf-8"),
            pytest.param(b"a=%zz%", {"a": ["%zz%"]}, id="bad-percent"),
            pytest.param(b"a=%00", {"a": ["\0"]}, id="nul"),
        ],
    )
    def test_its_fields_are_read(self, post, content, fields):
        """WHATWG URL §5.1."""
        assert post(content) == (200, [fields, {}])

    @pytest.mark.parametrize("content", [b"a=\xff", b"a=%ff", b"%ff=a", b"a=%C3&b=%A9"])
    def test_what_is_no_utf_8_is_a_400(self, post, content):
        status, document = post(content)

        assert status == 400
        assert document["detail"] == "The form is no valid utf-8 text."

    @pytest.mark.parametrize("content", [b"a=\xe9", b"a=%E9"], ids=["raw", "encoded"])
    def test_it_may_have_another_charset(self, post, content):
        assert post(content, kind=f"{URLENCODED}; charset=latin-1") == (200, [{"a": ["é"]}, {}])

    def test_without_a_type_it_is_urlencoded(self, post):
        assert post(b"a=1", kind=None) == (200, [{"a": ["1"]}, {}])

    @pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "multipart/mixed"])
    def test_what_is_no_form_is_a_415_that_says_what_is(self, post, kind):
        """RFC 9110 §15.5.16."""

        async def view(req, resp):
            try:
                await req.media("form")
            except Problem as problem:
                resp.media = [problem.status_code, problem.headers["Accept"]]

        expected = [415, "application/x-www-form-urlencoded, multipart/form-data"]
        assert post(b"a=1", kind=kind, view=view)[1] == expected

    @pytest.mark.parametrize("size", [65_534, 65_535])
    def test_a_large_one_is_read_in_a_worker_thread(self, post, size, monkeypatch):
        threads = []

        async def run_in_thread(function, *args):
            threads.append(function)
            return function(*args)

        monkeypatch.setattr("responder_core.forms.run_in_thread", run_in_thread)

        assert post(b"a=" + b"1" * size)[1] == [{"a": ["1" * size]}, {}]
        assert threads == ([parse_urlencoded] if size == 65_535 else [])

    def test_the_text_behind_the_limit_is_refused(self, post):
        limits = Limits(media_size=10)

        assert post(b"a=12345678", limits=limits)[0] == 200
        assert post(b"a=123456789", limits=limits)[0] == 413

    @pytest.mark.parametrize(
        ("content", "status"), [(b"a&b", 200), (b"&&a&&b&", 200), (b"a&b&c", 413), (b"a&a&a", 413)]
    )
    def test_the_fields_are_counted(self, post, content, status):
        found, document = post(content, limits=Limits(form_fields=2))

        assert found == status
        if status == 413:
            assert document["detail"] == "The form has more than 2 fields."

    @pytest.mark.parametrize("piece", [b"a&", b"a=1&", b"=&", b"%&&"])
    def test_a_million_fields_are_refused_without_reading_them(self, piece):
        def work(count):
            content = piece * count

            def run():
                with pytest.raises(Problem, match="more than 10 fields"):
                    parse_urlencoded(content, "utf-8", Limits(form_fields=10))

            return count_calls(run)

        assert work(1_000_000) <= work(2000) + 1000

    @settings(deadline=None)
    @given(st.binary())
    def test_any_bytes_are_a_form_or_a_400(self, content):
        try:
            parse_urlencoded(content, "utf-8", Limits())
        except Problem as problem:
            status = problem.status_code
        else:
            status = 200
        assert status in {200, 400}


class TestFormDict:
    def test_it_reads_like_a_query(self):
        form = FormDict([("a", "1"), ("a", "2")])

        assert form["a"] == "2"
        assert form.get_list("a") == ["1", "2"]
        assert repr(form) == "FormDict({'a': ['1', '2']})"

    def test_a_field_that_is_missing_is_a_400_that_names_it(self, post):
        async def view(req, resp):
            resp.media = (await req.media("form"))["q"]

        status, document = post(b"a=1", view=view)

        assert status == 400
        assert document["detail"] == "The form parameter 'q' is required."


class TestMultipart:
    @pytest.fixture(autouse=True)
    def _library(self):
        pytest.importorskip("python_multipart", reason="multipart forms need python-multipart")

    def test_fields_and_files_are_told_apart(self, post):
        body = multipart(
            ("a", "", b"1"),
            ("f", '; filename="t.txt"\r\nContent-Type: text/plain', b"abc"),
            ("a", "", "é".encode()),
            ("", "", b""),
        )

        status, document = post(body, kind=MULTIPART)

        assert status == 200
        assert document == [
            {"a": ["1", "é"], "": [""]},
            {"f": ["t.txt", "text/plain", 3, "abc"]},
        ]

    def test_of_several_files_with_one_name_the_last_counts(self, post):
        body = multipart(("f", '; filename="1"', b"one"), ("f", '; filename="2"', b"two"))

        assert post(body, kind=MULTIPART)[1] == [{}, {"f": ["2", None, 3, "two"]}]

    def test_a_file_input_without_a_choice_is_left_out(self, post):
        """WHATWG HTML §4.10.22.4: it is sent as an empty file without a name."""
        rest = '; filename=""\r\nContent-Type: application/octet-stream'

        assert post(multipart(("f", rest, b"")), kind=MULTIPART)[1] == [{}, {}]
        found = post(multipart(("f", rest, b"abc")), kind=MULTIPART)[1]
        assert found == [{}, {"f": ["upload", "application/octet-stream", 3, "abc"]}]

    def test_an_empty_file_with_a_name_is_a_file(self, post):
        found = post(multipart(("f", '; filename="a"', b"")), kind=MULTIPART)[1]

        assert found == [{}, {"f": ["a", None, 0, ""]}]

    @pytest.mark.parametrize(
        ("kind", "content", "status"),
        [
            pytest.param("text/plain; charset=latin-1", b"\xe9", 200, id="rfc7578-4.5-declared"),
            pytest.param("text/plain", b"\xe9", 400, id="no-utf-8"),
            pytest.param("text/plain; charset=nonsense", b"a", 400, id="unknown"),
        ],
    )
    def test_a_field_may_have_a_charset(self, post, kind, content, status):
        found, document = post(
            multipart(("a", f"\r\nContent-Type: {kind}", content)), kind=MULTIPART
        )

        assert found == status
        if status == 200:
            assert document == [{"a": ["é"]}, {}]

    @pytest.mark.parametrize("size", [0, 10, 11, 1000, 300_000])
    @pytest.mark.parametrize("step", [7, 100_000])
    def test_a_file_is_whole_wherever_it_is_kept(self, post, size, step):
        content = bytes(number % 251 for number in range(size))
        body = multipart(("f", '; filename="a"', content))
        seen = []

        async def view(req, resp):
            upload = (await req.media("files"))["f"]
            seen.append((upload._in_memory, upload.size, await upload.read()))
            await req.close()

        chunks = [body[start : start + step] for start in range(0, len(body), step)]
        post(*chunks, kind=MULTIPART, view=view, limits=Limits(form_memory=10))

        assert seen == [(size <= 10, size, content)]

    def test_no_memory_at_all_is_a_choice(self, post):
        seen = []

        async def view(req, resp):
            upload = (await req.media("files"))["f"]
            seen.append(upload._in_memory)
            await req.close()

        body = multipart(("f", '; filename="a"', b"ab"))
        post(body, kind=MULTIPART, view=view, limits=Limits(form_memory=0))

        assert seen == [False]

    def test_it_is_parsed_once_for_all_who_ask_at_once(self, post):
        found = []

        async def view(req, resp):
            async def ask(name):
                found.append(await req.media(name))

            async with anyio.create_task_group() as group:
                for name in ("form", "files", "form"):
                    group.start_soon(ask, name)
            resp.media = dict(await req.media())
            await req.close()

        body = multipart(("a", "", b"1"), ("f", '; filename="a"', b"2"))
        chunks = [body[start : start + 20] for start in range(0, len(body), 20)]

        assert post(*chunks, kind=MULTIPART, view=view) == (200, {"a": "1"})
        assert len(found) == 3
        assert len({id(each) for each in found}) == 2

    def test_one_that_was_refused_is_refused_again(self, post):
        statuses = []

        async def view(req, resp):
            for name in ("form", "files"):
                try:
                    await req.media(name)
                except Problem as problem:
                    statuses.append(problem.status_code)

        post(b"nonsense", kind=MULTIPART, view=view)

        assert statuses == [400, 400]

    def test_what_was_read_before_is_parsed_all_the_same(self, post):
        async def view(req, resp):
            size = len(await req.content)
            resp.media = [size, dict(await req.media("form"))]

        body = multipart(("a", "", b"1"))

        assert post(body, kind=MULTIPART, view=view)[1] == [len(body), {"a": "1"}]

    def test_the_bytes_cannot_be_read_afterwards(self, post):
        async def view(req, resp):
            await req.media("form")
            with pytest.raises(RuntimeError, match="was read as a form, so nothing of it is left"):
                await req.content

        assert post(multipart(("a", "", b"1")), kind=MULTIPART, view=view)[0] == 200

    @pytest.mark.parametrize("end", [b"", b"--x", b"--x\r\n"])
    def test_files_are_closed_when_the_form_is_refused(self, post, monkeypatch, end):
        import tempfile

        made = []
        original = tempfile.SpooledTemporaryFile

        def make(*args, **options):
            made.append(original(*args, **options))
            return made[-1]

        monkeypatch.setattr(tempfile, "SpooledTemporaryFile", make)
        body = multipart(("f", '; filename="a"', b"1"), ("g", '; filename="b"', b"2"), end=end)

        assert post(body, kind=MULTIPART)[0] == 400
        assert [file.closed for file in made] == [True] * len(made)
        assert made

    def test_files_are_closed_with_the_request(self, post):
        uploads = []

        async def view(req, resp):
            await req.close()
            uploads.append((await req.media("files"))["f"])
            await req.close()
            await req.close()

        post(multipart(("f", '; filename="a"', b"1")), kind=MULTIPART, view=view)

        assert uploads[0].file.closed

    def test_a_request_without_a_form_is_closed_too(self, post):
        async def view(req, resp):
            await req.close()
            await req.content
            await req.close()

        assert post(b"a", view=view)[0] == 200

    @pytest.mark.parametrize(
        ("limits", "detail"),
        [
            (Limits(form_fields=1), "The form has more than 1 fields."),
            (Limits(form_files=1), "The form has more than 1 files."),
            (Limits(form_field_size=4), "A field of the form is larger than 4 bytes."),
            (Limits(media_size=9), "The fields of the form are larger than 9 bytes."),
        ],
        ids=["fields", "files", "field", "all-fields"],
    )
    def test_every_cap_can_be_set(self, post, limits, detail):
        body = multipart(
            ("a", "", b"12345"),
            ("b", "", b"12345"),
            ("f", '; filename="a"', b"1"),
            ("g", '; filename="b"', b"2"),
        )

        status, document = post(body, kind=MULTIPART, limits=limits)

        assert (status, document["detail"]) == (413, detail)
        exact = Limits(form_fields=2, form_files=2, form_field_size=5, media_size=10)
        assert post(body, kind=MULTIPART, limits=exact)[0] == 200

    def test_it_is_as_large_as_a_request_may_be(self, post):
        body = multipart(("f", '; filename="a"', bytes(1000)))

        assert post(body, kind=MULTIPART, max_request_size=len(body))[0] == 200
        assert post(body, kind=MULTIPART, max_request_size=len(body) - 1)[0] == 413

    def test_an_encoded_one_is_a_415(self, post):
        fields = [(b"content-encoding", b"gzip")]

        assert post(b"", kind=MULTIPART, fields=fields)[0] == 415


def test_without_the_library_it_says_how_to_get_it(post, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_multipart", None)
    monkeypatch.setitem(sys.modules, "python_multipart.multipart", None)

    status, document = post(b"", kind=MULTIPART)

    assert status == 415
    assert "pip install 'responder-core[forms]'" in document["detail"]
