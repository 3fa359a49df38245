"""What a program chooses for its messages: checked when the API is made."""

from __future__ import annotations

import dataclasses

import pytest

from responder_core import API, Limits
from responder_core.settings import APIOptions, Settings


def test_every_setting_is_a_keyword_of_the_api():
    names = [field.name for field in dataclasses.fields(Settings)]

    assert sorted(APIOptions.__annotations__) == sorted(names)


def test_settings_are_those_given():
    api = API(max_request_size=10, strict_accept=True, limits=Limits(ranges=2))

    assert api.settings.max_request_size == 10
    assert api.settings.strict_accept is True
    assert api.settings.limits.ranges == 2
    assert api.settings.limits.form_files == 100


def test_an_unknown_keyword_is_told_with_a_suggestion():
    with pytest.raises(TypeError, match="no option 'strict_acept'; did you mean 'strict_accept'"):
        API(strict_acept=True)


def test_a_keyword_like_no_other_is_told():
    with pytest.raises(TypeError, match=r"no option 'xyzzy'$"):
        API(xyzzy=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_request_size": -1}, "max_request_size= is a number of bytes or None, not -1"),
        ({"max_request_size": "1M"}, "not '1M'"),
        ({"max_request_size": True}, "not True"),
        ({"compress_minimum": 1.5}, "compress_minimum= is a number of bytes"),
        ({"json_decimal": "number"}, "json_decimal= is 'string' or 'float', not 'number'"),
        ({"encoder": "json"}, "encoder= is a function or None, not 'json'"),
        ({"problem_handler": 1}, "problem_handler= is a function or None, not 1"),
    ],
    ids=lambda value: repr(value) if isinstance(value, dict) else "",
)
def test_a_value_that_cannot_work_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        API(**options)


@pytest.mark.parametrize("value", [-1, "8", None, True, 1.0], ids=repr)
def test_a_limit_is_a_count(value):
    with pytest.raises(ValueError, match=r"depth=.* is an int of 0 or more"):
        Limits(depth=value)


def test_a_switch_is_no_count():
    with pytest.raises(ValueError, match=r"unique_names=. is True or False, not 1"):
        Limits(unique_names=1)


def test_settings_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        API().settings.gzip = False
