"""The forms of bodies, outside of an API."""

from decimal import Decimal

import pytest

from responder.formats import get_formats


def test_they_are_those_of_an_api():
    assert list(get_formats()) == ["json", "yaml", "form", "files", "msgpack"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, '["é","1.50"]'),
        ({"json_ensure_ascii": True}, '["\\u00e9","1.50"]'),
        ({"json_decimal": "float"}, '["é",1.50]'),
    ],
)
def test_json_is_written_as_the_keywords_say(options, text):
    encode = get_formats(**options)["json"].encode

    assert encode(["é", Decimal("1.50")]) == text.encode()


def test_an_encoder_makes_what_json_has_no_form_for():
    encode = get_formats(lambda value: [value.real, value.imag])["json"].encode

    assert encode(1 + 2j) == b"[1.0,2.0]"
