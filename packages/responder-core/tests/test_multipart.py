"""Multipart forms (RFC 7578), read part by part as they come in."""

from __future__ import annotations

import gc
import sys

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import Limits, Problem
from responder_core.multipart import MultipartReader, find_boundary

pytest.importorskip("python_multipart", reason="multipart forms need python-multipart")

KIND = "multipart/form-data; boundary=x"
FIELD = b'Content-Disposition: form-data; name="a"'


def part(headers=FIELD, content=b"1"):
    """One part with its boundary."""
    return b"--x\r\n" + headers + b"\r\n\r\n" + content + b"\r\n"


END = b"--x--\r\n"


class Stream:
    """Chunks for ``async for``; trio warns of generators that are not finished."""

    def __init__(self, chunks):
        self.chunks = iter(chunks)

    def __aiter__(self):
        return self

    async def __anext__(self):
        for chunk in self.chunks:
            return chunk
        raise StopAsyncIteration


def reader_of(*chunks, limits=None):
    return MultipartReader(Stream(chunks), KIND, limits or Limits())


async def collect(reader):
    """Each part as its name, its file name and its content."""
    return [(part.name, part.filename, await part.read(10**9)) async for part in reader]


def read(*chunks, limits=None):
    return anyio.run(collect, reader_of(*chunks, limits=limits))


def refuse(*chunks, limits=None):
    """The status and the detail that a body is answered with."""
    with pytest.raises(Problem) as caught:
        read(*chunks, limits=limits)
    return caught.value.status_code, caught.value.detail


def split(body, step):
    return [body[start : start + step] for start in range(0, len(body), step)]


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


@pytest.fixture
def run(backend):
    def call(function, *args):
        return anyio.run(function, *args, backend=backend)

    return call


class TestParts:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            pytest.param(END, [], id="none"),
            pytest.param(part() + END, [("a", None, b"1")], id="one"),
            pytest.param(part() + part() + END, [("a", None, b"1")] * 2, id="two"),
            pytest.param(part(content=b"") + END, [("a", None, b"")], id="empty"),
            pytest.param(b"\r\n" + part() + END, [("a", None, b"1")], id="rfc2046-5.1.1-preamble"),
            pytest.param(part() + END + b"text", [("a", None, b"1")], id="rfc2046-5.1.1-epilogue"),
            pytest.param(part() + b"--x--", [("a", None, b"1")], id="no-last-line-break"),
            pytest.param(
                part(content=b"\r\n--y\r\n--\r\n-x") + END,
                [("a", None, b"\r\n--y\r\n--\r\n-x")],
                id="content-like-a-boundary",
            ),
            pytest.param(
                part(b"content-disposition:form-data;name=a") + END,
                [("a", None, b"1")],
                id="rfc9110-5.6.6-bare",
            ),
            pytest.param(part(FIELD + b"\r\nX-A: b") + END, [("a", None, b"1")], id="more-fields"),
            pytest.param(
                part('Content-Disposition: form-data; name="é"'.encode()) + END,
                [("é", None, b"1")],
                id="rfc7578-5.1-utf-8",
            ),
            pytest.param(
                part(b'Content-Disposition: form-data; name="\xe9"') + END,
                [("é", None, b"1")],
                id="latin-1",
            ),
            pytest.param(
                part(FIELD + b"\r\nContent-Transfer-Encoding: Binary") + END,
                [("a", None, b"1")],
                id="rfc7578-4.7-binary",
            ),
        ],
    )
    @pytest.mark.parametrize("step", [1, 2, 3, 1000])
    def test_they_are_read_wherever_the_pieces_end(self, body, expected, step):
        assert read(*split(body, step)) == expected

    @pytest.mark.parametrize(
        ("rest", "filename"),
        [
            ('filename="a.txt"', "a.txt"),
            ('filename=""', ""),
            ('filename="../../etc/x"', "x"),
            ('filename="/etc/passwd"', "passwd"),
            ('filename="C:\\\\dir\\\\a.txt"', "a.txt"),
            ('filename="é.txt"', "é.txt"),
            ("filename*=UTF-8''%e2%82%ac.txt", "€.txt"),
            ("filename*=UTF-8''..%2f..%2fetc%2fx", "x"),
        ],
    )
    def test_the_name_of_a_file_is_bare(self, rest, filename):
        """Whatever path the client sends, in whatever spelling (RFC 7578 §4.2)."""
        body = part(FIELD + b"; " + rest.encode()) + END

        assert read(body) == [("a", filename, b"1")]

    def test_a_part_has_its_header_fields(self, run):
        body = part(FIELD + b'; filename="b"\r\nContent-Type: a/b\r\nX-Tag:  c ') + END
        found = []

        async def main():
            async for each in reader_of(body):
                found.append((each.content_type, each.headers["x-tag"], repr(each)))

        run(main)

        assert found == [("a/b", "c", "<Part 'a' 'b'>")]

    def test_a_part_needs_no_type(self, run):
        async def main():
            each = await anext(reader_of(part() + END))
            return each.content_type, each.decode(b"\xc3\xa9")

        assert run(main) == (None, "é")

    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            pytest.param("text/plain", b"\xff", id="no-utf-8"),
            pytest.param("text/plain; charset=utf-16", b"a", id="rfc7578-4.5-no-such-text"),
            pytest.param("text/plain; charset=nonsense", b"a", id="unknown-charset"),
        ],
    )
    def test_what_is_no_text_is_a_400(self, run, kind, content):
        body = part(FIELD + b"\r\nContent-Type: " + kind.encode()) + END

        each = run(reader_of(body).__anext__)

        with pytest.raises(Problem) as caught:
            each.decode(content)
        assert caught.value.status_code == 400

    def test_the_content_comes_in_chunks(self, run):
        body = part(content=b"abcdef") + END

        async def main():
            each = await anext(reader_of(*split(body, 10)))
            return [chunk async for chunk in each]

        chunks = run(main)

        assert len(chunks) > 1
        assert b"".join(chunks) == b"abcdef"

    def test_a_large_chunk_is_read_in_pieces(self, run):
        """One message of the whole body must not become one event of the whole file."""
        body = part(FIELD + b'; filename="b"', bytes(1_000_000)) + END

        async def main():
            return [len(chunk) async for chunk in await anext(reader_of(body))]

        sizes = run(main)

        assert sum(sizes) == 1_000_000
        assert max(sizes) <= 65536

    @pytest.mark.parametrize("step", [5, 1000])
    @pytest.mark.parametrize("chunks", [0, 1])
    def test_what_is_not_read_is_passed_over(self, run, step, chunks):
        body = part(content=b"1" * 50) + part(content=b"2" * 50) + END
        names = []

        async def main():
            async for each in reader_of(*split(body, step)):
                names.append(each.name)
                if chunks:
                    await anext(aiter(each))

        run(main)

        assert names == ["a", "a"]

    def test_a_part_that_was_read_is_empty(self, run):
        async def main():
            each = await anext(reader_of(part() + END))
            return [await each.read(), await each.read()]

        assert run(main) == [b"1", b""]

    def test_a_part_that_was_passed_over_says_so(self, run):
        async def main():
            reader = reader_of(part() + part() + END)
            first, second = await anext(reader), await anext(reader)
            with pytest.raises(RuntimeError, match="part 'a' was passed over; read it"):
                await first.read()
            return await second.read()

        assert run(main) == b"1"

    @pytest.mark.parametrize("size", [4, 5])
    def test_as_much_is_read_at_once_as_the_caller_says(self, run, size):
        async def main():
            each = await anext(reader_of(part(content=b"1" * size) + END))
            return await each.read(4)

        if size == 4:
            assert run(main) == b"1111"
        else:
            with pytest.raises(Problem, match="A part of the form is larger than 4 bytes"):
                run(main)

    def test_a_file_is_read_at_once_up_to_the_size_of_a_field(self, run):
        body = part(FIELD + b'; filename="b"', b"12345") + END

        async def main():
            each = await anext(reader_of(body, limits=Limits(form_field_size=4)))
            await each.read()

        with pytest.raises(Problem, match="larger than 4 bytes"):
            run(main)


class TestMalformed:
    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"nonsense", id="nonsense"),
            pytest.param(part(), id="no-end"),
            pytest.param(part()[:-2], id="no-line-break"),
            pytest.param(b"--x\r\n" + FIELD, id="header-cut"),
            pytest.param(b"--x\r\n" + FIELD + b"\r\n", id="no-blank-line"),
            pytest.param(b"--y\r\n" + FIELD + b"\r\n\r\n1\r\n--y--", id="another-boundary"),
            pytest.param(b"--xx\r\n", id="longer-boundary"),
            pytest.param(b"--x\n" + FIELD + b"\n\n1\n--x--", id="bare-line-feeds"),
            pytest.param(part(b"nonsense") + END, id="no-colon"),
            pytest.param(part(b": a") + END, id="no-name-of-the-field"),
            pytest.param(part(b"") + END, id="no-header-fields"),
            pytest.param(part(b"Content-Type: a/b") + END, id="no-disposition"),
            pytest.param(part(b"Content-Disposition: form-data") + END, id="no-name"),
            pytest.param(part(FIELD + b"\r\n" + FIELD) + END, id="two-dispositions"),
            pytest.param(part(b'Content-Disposition: file; name="a"') + END, id="attachment"),
            pytest.param(part(b"Content-Disposition:") + END, id="empty-disposition"),
            pytest.param(
                part(FIELD + b"\r\nContent-Transfer-Encoding: base64") + END, id="rfc7578-4.7"
            ),
            pytest.param(part(b"X\x00: a") + END, id="nul-in-a-name"),
        ],
    )
    @pytest.mark.parametrize("step", [1, 1000])
    def test_it_is_a_400(self, body, step):
        status, detail = refuse(*split(body, step))

        assert status == 400
        assert "form" in detail

    @settings(deadline=None, max_examples=300)
    @given(
        st.lists(
            st.sampled_from(
                [b"--x", b"--", b"\r\n", b"\r", b"\n", b"-", FIELD, b";", b": ", b"a", b'"', b" "]
            ),
            max_size=30,
        ),
        st.integers(1, 50),
    )
    def test_any_bytes_are_a_form_or_refused(self, words, step):
        try:
            read(*split(b"".join(words), step))
        except Problem as problem:
            status = problem.status_code
        else:
            status = 200
        assert status in {200, 400, 413}

    @settings(deadline=None)
    @given(
        st.lists(st.tuples(st.text("aé", max_size=3), st.binary(max_size=80)), max_size=4),
        st.integers(1, 200),
    )
    def test_what_was_written_is_read_back(self, fields, step):
        body = b"".join(
            part(f'Content-Disposition: form-data; name="{name}"'.encode(), content)
            for name, content in fields
        )
        expected = [(name, None, content) for name, content in fields]

        if b"\r\n--x" not in b"".join(b"\r\n" + content for _, content in fields):
            assert read(*split(body + END, step)) == expected


class TestBoundary:
    @pytest.mark.parametrize(
        ("kind", "boundary"),
        [
            ("multipart/form-data; boundary=x", b"x"),
            ('Multipart/Form-Data; Boundary="a b"', b"a b"),
            ("multipart/form-data; charset=utf-8; boundary=----WebKit0", b"----WebKit0"),
            (f"multipart/form-data; boundary={'a' * 70}", b"a" * 70),
        ],
    )
    def test_it_is_named_by_the_type(self, kind, boundary):
        assert find_boundary(kind) == boundary

    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("multipart/form-data", 400),
            ("multipart/form-data; boundary=", 400),
            (f"multipart/form-data; boundary={'a' * 71}", 400),
            ('multipart/form-data; boundary="a "', 400),
            ('multipart/form-data; boundary="a\r\nb"', 400),
            ("multipart/form-data; boundary=é", 400),
            ("multipart/mixed; boundary=x", 415),
            ("application/x-www-form-urlencoded", 415),
            ("", 415),
        ],
    )
    def test_without_one_there_is_no_form(self, kind, status):
        """RFC 2046 §5.1.1: 1 to 70 characters, the last no space."""
        with pytest.raises(Problem) as caught:
            find_boundary(kind)

        assert caught.value.status_code == status


class TestLimits:
    def test_a_hundred_thousand_empty_parts_are_refused(self):
        assert refuse((b"--x\r\n\r\n\r\n") * 100_000 + END)[0] == 400
        assert refuse(part() * 100_000 + END) == (413, "The form has more than 1000 fields.")

    def test_a_hundred_thousand_empty_files_are_refused(self):
        body = part(FIELD + b'; filename=""', b"") * 100_000 + END

        assert refuse(body) == (413, "The form has more than 100 files.")

    @pytest.mark.parametrize("step", [10_000, 10**9])
    def test_a_hundred_thousand_header_fields_are_refused(self, step):
        body = part(FIELD + b"\r\na: b" * 100_000) + END

        assert refuse(*split(body, step)) == (
            413,
            "A part of the form has more than 16 header fields.",
        )

    @pytest.mark.parametrize(
        "field",
        [
            pytest.param(b"a: " + b"b" * 10_000_000, id="value"),
            pytest.param(b"a" * 10_000_000, id="name"),
            pytest.param(b"a:" + b" " * 10_000_000, id="blanks"),
        ],
    )
    def test_a_header_field_of_ten_megabytes_is_refused(self, field):
        body = part(FIELD + b"\r\n" + field) + END

        assert refuse(*split(body, 65536))[0] in {400, 413}

    def test_header_fields_are_counted_together(self):
        body = part(FIELD + b"\r\nX-A: 12345") + END
        size = len(FIELD) - len(": ") + len("X-A12345")

        read(body, limits=Limits(part_headers=2, part_header_size=size))
        assert refuse(body, limits=Limits(part_headers=2, part_header_size=size - 1)) == (
            413,
            f"A part of the form has header fields of more than {size - 1} bytes.",
        )
        assert refuse(body, limits=Limits(part_headers=1))[0] == 413

    @pytest.mark.parametrize("step", [1000, 65536, 10**9])
    def test_a_text_field_of_many_megabytes_is_refused_at_once(self, step):
        body = part(content=b"a" * 5_000_000) + END

        assert refuse(*split(body, step)) == (
            413,
            "A field of the form is larger than 1048576 bytes.",
        )

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"\r\n" + b"a" * 10_000_000 + part() + END, id="preamble"),
            pytest.param(b"\r\n" * 5_000_000 + part() + END, id="preamble-of-line-breaks"),
            pytest.param(part() + END + b"a" * 10_000_000, id="epilogue"),
            pytest.param(part() + b"--x" + b" " * 10_000_000 + b"\r\n", id="padding"),
        ],
    )
    @pytest.mark.parametrize("step", [1000, 10**9])
    def test_ten_megabytes_beside_the_parts_are_refused(self, body, step):
        assert refuse(*split(body, step))[0] in {400, 413}  # Padding may be read as a field.

    def test_a_little_beside_the_parts_is_fine(self):
        beside = b"\r\n" + b"a" * 1000 + b"\r\n"

        assert read(beside + part() + END + beside) == [("a", None, b"1")]

    @pytest.mark.parametrize(
        "make",
        [
            pytest.param(lambda size: part(content=b"a" * size), id="text"),
            pytest.param(lambda size: part(content=b"\r" * size), id="line-breaks"),
            pytest.param(lambda size: part(content=b"\r\n--" * (size // 4)), id="like-boundaries"),
            pytest.param(
                lambda size: part(content=b"\r\n--xa" * (size // 6)), id="more-like-boundaries"
            ),
            pytest.param(lambda size: part(FIELD + b'; filename="b"') * (size // 700), id="parts"),
        ],
    )
    @pytest.mark.parametrize("step", [1, 1000])
    def test_the_work_is_linear(self, make, step):
        def work(size):
            chunks = split(make(size) + END, step)
            return count_calls(lambda: read(*chunks))

        assert work(40_000) <= 2.3 * work(20_000)


def test_others_are_served_while_a_large_body_is_read(run):
    """A body that is there at once is parsed without one wait of its own."""
    body = part(FIELD + b'; filename="b"', bytes(2_000_000)) + END
    turns = [True]

    async def other():
        while turns[-1]:
            turns.append(True)
            await anyio.lowlevel.checkpoint()

    async def main():
        async with anyio.create_task_group() as group:
            group.start_soon(other)
            await collect(reader_of(body))
            turns.append(False)

    run(main)

    assert len(turns) >= 10


def test_without_the_library_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "python_multipart.multipart", None)

    with pytest.raises(Problem, match=r"pip install 'responder-core\[forms\]'") as caught:
        reader_of(END)

    assert caught.value.status_code == 415
