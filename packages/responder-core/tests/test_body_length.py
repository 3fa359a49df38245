"""The length of a body: what the header fields say, and what is counted while it comes in."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import Problem
from responder_core.body_length import check_length, limit_receive, read_length


def receiver(*chunks):
    """A ``receive`` that gives these pieces of a body."""
    waiting = list(chunks)

    async def receive():
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    return receive


class TestLength:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            pytest.param([], None, id="none"),
            pytest.param([b"0"], 0, id="zero"),
            pytest.param([b"42"], 42, id="number"),
            pytest.param([b"0042"], 42, id="leading-zeros"),
            pytest.param([b"42", b"42"], 42, id="rfc9110-8.6-equal-fields"),
            pytest.param([b"42, 42"], 42, id="rfc9110-8.6-equal-list"),
            pytest.param([b"9" * 5000], 10**20, id="more-digits-than-python-reads"),
        ],
    )
    def test_it_is_the_number_in_the_field(self, values, expected):
        fields = [(b"host", b"a"), *((b"content-length", value) for value in values)]

        assert read_length(fields) == expected

    @pytest.mark.parametrize(
        "values",
        [
            pytest.param([b"42", b"43"], id="rfc9110-8.6-differing-fields"),
            pytest.param([b"42, 43"], id="rfc9110-8.6-differing-list"),
            pytest.param([b"-1"], id="negative"),
            pytest.param([b"+1"], id="sign"),
            pytest.param([b""], id="empty"),
            pytest.param([b"1.5"], id="fraction"),
            pytest.param([b"0x10"], id="hexadecimal"),
            pytest.param([b"1_0"], id="underscore"),
            pytest.param([b"\xd9\xa5"], id="other-digits"),
            pytest.param([b"42,"], id="half-a-list"),
        ],
    )
    def test_anything_else_is_refused(self, values):
        fields = [(b"content-length", value) for value in values]

        with pytest.raises(Problem, match="Content-Length") as caught:
            read_length(fields)

        assert caught.value.status_code == 400

    @settings(deadline=None)
    @given(st.lists(st.binary(max_size=30), max_size=3))
    def test_any_bytes_give_a_number_or_a_400(self, values):
        answer = 400
        with suppress(Problem):
            answer = read_length([(b"content-length", value) for value in values])

        assert answer is None or answer >= 0

    @pytest.mark.parametrize(("length", "limit"), [(b"10", 10), (b"0", 0), (b"10", None)])
    def test_a_length_within_the_limit_is_let_through(self, length, limit):
        check_length([(b"content-length", length)], limit)

    def test_no_length_is_let_through(self):
        check_length([], 10)

    def test_a_length_above_the_limit_is_a_413(self):
        with pytest.raises(Problem, match="larger than 10 bytes") as caught:
            check_length([(b"content-length", b"11")], 10)

        assert caught.value.status_code == 413


class TestLimitReceive:
    def test_a_body_within_the_limit_comes_through(self, run):
        receive = limit_receive(receiver(b"12345", b"67890"), 10)

        async def main():
            return [(await receive())["body"], (await receive())["body"]]

        assert run(main) == [b"12345", b"67890"]

    def test_the_piece_that_is_too_much_is_a_413(self, run):
        receive = limit_receive(receiver(b"12345", b"678901"), 10)

        async def main():
            await receive()
            with pytest.raises(Problem, match="larger than 10 bytes"):
                await receive()

        run(main)

    def test_a_message_without_a_body_counts_nothing(self, run):
        async def leave():
            return {"type": "http.disconnect"}

        receive = limit_receive(leave, 0)

        assert run(receive)["type"] == "http.disconnect"

    def test_without_a_limit_it_is_the_same_function(self):
        receive = receiver()

        assert limit_receive(receive, None) is receive
