"""Dictionaries whose keys are found in any case."""

import pickle

import pytest

from responder.models import CaseInsensitiveDict


@pytest.fixture
def fields():
    return CaseInsensitiveDict({"Accept": "text/html"}, Host="x")


def test_keys_are_found_in_any_case_and_kept_in_the_last_one_that_was_given(fields):
    fields["ACCEPT"] = "*/*"

    assert fields["accept"] == fields.get("Accept") == "*/*"
    assert list(fields.items()) == [("ACCEPT", "*/*"), ("Host", "x")]
    assert "hOST" in fields
    assert "other" not in fields
    assert fields.get("other") is None
    assert len(fields) == 2


def test_a_key_is_taken_away_in_any_case(fields):
    del fields["HOST"]

    assert fields.pop("accept") == "text/html"
    assert fields == {}
    with pytest.raises(KeyError, match="gone"):
        fields["gone"]


def test_it_equals_what_has_the_same_keys_in_any_case(fields):
    assert fields == {"host": "x", "ACCEPT": "text/html"}
    assert fields != {"host": "x"}
    assert fields != [("host", "x")]


def test_two_make_a_third(fields):
    both = fields | {"HOST": "y"}
    other = fields.copy()
    other |= {"Via": "z"}

    assert (both["host"], fields["host"]) == ("y", "x")
    assert (other["via"], "via" in fields) == ("z", False)
    assert type(both) is type(other) is CaseInsensitiveDict


def test_it_can_be_pickled_and_read(fields):
    assert pickle.loads(pickle.dumps(fields)) == fields
    assert repr(fields) == "CaseInsensitiveDict({'Accept': 'text/html', 'Host': 'x'})"


def test_pairs_are_taken_too():
    assert CaseInsensitiveDict([("A", 1), ("a", 2)]) == {"A": 2}
