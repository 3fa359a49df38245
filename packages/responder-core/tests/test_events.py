"""Server-sent events: what the stream has for each value (WHATWG HTML §9.2)."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_core import SSE
from responder_core.formats.json import encode as encode_json
from responder_core.http.events import KEEPALIVE, as_event, encode_event


def encode(item):
    return encode_event(item, encode_json)


def parse(stream):
    """The events a client dispatches, and what it remembers, read as §9.2.6 says."""
    text = stream.decode().replace("\r\n", "\n").replace("\r", "\n")
    events, data, kind, last_id, retry = [], [], "", "", None
    for line in text.split("\n")[:-1]:
        if not line:
            if data:
                events.append((kind or "message", "\n".join(data), last_id))
            data, kind = [], ""
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "event":
            kind = value
        elif name == "id" and "\0" not in value:
            last_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            retry = int(value)
    return events, retry


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param("hello", b"data: hello\n\n", id="str"),
        pytest.param("", b"data: \n\n", id="empty-str"),
        pytest.param("é", b"data: \xc3\xa9\n\n", id="utf-8"),
        pytest.param(b"data: raw\n\n", b"data: raw\n\n", id="bytes-verbatim"),
        pytest.param({"price": 3}, b'data: {"price":3}\n\n', id="dict"),
        pytest.param([1, 2], b"data: [1,2]\n\n", id="list"),
        pytest.param(7, b"data: 7\n\n", id="int"),
        pytest.param(None, b"data: null\n\n", id="none"),
        pytest.param({}, b"data: {}\n\n", id="empty-dict-is-data"),
        pytest.param({"data": "x"}, b"data: x\n\n", id="event-dict"),
        pytest.param({"data": {"a": 1}}, b'data: {"a":1}\n\n', id="event-dict-json"),
        pytest.param(
            {"data": 1, "other": 2}, b'data: {"data":1,"other":2}\n\n', id="one-key-more-is-data"
        ),
        pytest.param(
            {"data": "x", "retry": 10, "id": "7", "event": "tick", "comment": "c"},
            b": c\nevent: tick\nid: 7\nretry: 10\ndata: x\n\n",
            id="order",
        ),
        pytest.param(
            SSE(data="x", retry=10, id="7", event="tick"),
            b"event: tick\nid: 7\nretry: 10\ndata: x\n\n",
            id="SSE",
        ),
        pytest.param(SSE(data=b"x"), b"data: x\n\n", id="bytes-in-data"),
        pytest.param(SSE(comment="ping"), b": ping\n\n", id="comment"),
        pytest.param(SSE(comment="a\nb"), b": a\n: b\n\n", id="comment-of-two-lines"),
        pytest.param(SSE(retry=0), b"retry: 0\n\n", id="retry-0"),
        pytest.param(SSE(id=""), b"id: \n\n", id="id-is-forgotten"),
        pytest.param({"id": 7, "data": "x"}, b"id: 7\ndata: x\n\n", id="id-of-a-number"),
        pytest.param("a\nb", b"data: a\ndata: b\n\n", id="§9.2.5-LF"),
        pytest.param("a\rb", b"data: a\ndata: b\n\n", id="§9.2.5-CR"),
        pytest.param("a\r\nb", b"data: a\ndata: b\n\n", id="§9.2.5-CRLF"),
        pytest.param("a\n\rb", b"data: a\ndata: \ndata: b\n\n", id="§9.2.5-LFCR-is-two"),
        pytest.param("a\n", b"data: a\ndata: \n\n", id="§9.2.5-at-the-end"),
        pytest.param(
            "a\x0b\x0c\x1c\x85\u2028b",
            "data: a\x0b\x0c\x1c\x85\u2028b\n\n".encode(),
            id="§9.2.5-nothing-else-ends-a-line",
        ),
        pytest.param("x\n\nevent: evil", b"data: x\ndata: \ndata: event: evil\n\n", id="injection"),
    ],
)
def test_an_event_stands_in_the_stream_as_the_standard_has_it(item, expected):
    assert encode(item) == expected


@pytest.mark.parametrize("name", ["event", "id"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\0"], ids=["LF", "CR", "CRLF", "NUL"])
@pytest.mark.parametrize("make", [dict, SSE])
def test_a_type_or_an_id_that_would_add_fields_is_refused(name, end, make):
    with pytest.raises(ValueError, match=f"the {name} of an event is one line without NUL"):
        encode(make(**{"data": "x", name: f"a{end}data: evil"}))


@pytest.mark.parametrize("retry", [-1, 1.5, "10", True], ids=repr)
def test_a_time_to_retry_that_is_no_number_of_milliseconds_is_refused(retry):
    with pytest.raises(ValueError, match=f"the retry of an event .* not {retry!r}"):
        encode({"retry": retry})


@pytest.mark.parametrize(
    ("name", "value"), [("event", 1.5), ("id", True), ("id", b"7"), ("comment", 3)]
)
def test_what_is_no_text_is_refused(name, value):
    with pytest.raises(TypeError, match=f"the {name} of an event is a str, not {value!r}"):
        encode({name: value})


def test_an_event_that_says_nothing_is_refused():
    with pytest.raises(ValueError, match="needs data, event, id, retry or comment"):
        encode(SSE())


def test_data_that_json_has_no_form_for_is_refused():
    with pytest.raises(TypeError, match="JSON has no form for"):
        encode(object())


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_client_reads_the_data_as_it_was_with_its_line_ends_made_one(text):
    events, _ = parse(encode({"data": text, "id": "1", "event": "kind"}))

    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    assert events == [("kind", lines, "1")]


@given(
    st.fixed_dictionaries(
        {"data": st.text(st.characters(exclude_categories=["Cs"]))},
        optional={
            "event": st.text(st.characters(exclude_categories=["Cs"])),
            "id": st.text(st.characters(exclude_categories=["Cs"])),
            "comment": st.text(st.characters(exclude_categories=["Cs"])),
            "retry": st.integers(0, 10**9),
        },
    )
)
def test_no_value_forges_an_event(event):
    try:
        stream = encode(event)
    except ValueError:
        return

    events, retry = parse(stream)

    assert len(events) == 1
    assert retry == event.get("retry")


def test_the_heartbeat_is_no_event():
    assert parse(KEEPALIVE) == ([], None)


class TestSSE:
    def test_it_is_a_value(self):
        event = SSE[int](data=1, id="7")

        assert event == SSE(1, id="7") == copy.copy(event) == pickle.loads(pickle.dumps(event))
        assert hash(event) == hash(SSE(1, id="7"))
        assert repr(event) == "SSE(data=1, event=None, id='7', retry=None, comment=None)"
        assert dataclasses.replace(event, data=2) == SSE(2, id="7")

    def test_it_cannot_be_changed(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            SSE(1).data = 2

    def test_a_dict_with_its_keys_is_one(self):
        assert as_event({"data": 1}) == SSE(1)
        assert as_event({"data": 1, "x": 2}) is None
        assert as_event("data") is None
