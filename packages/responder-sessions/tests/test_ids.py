"""Ids of sessions in a store, and their keys."""

from __future__ import annotations

import hashlib

from responder_sessions.ids import is_id, make_id, store_key


def test_an_id_has_256_random_bits():
    ids = {make_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(is_id(each) and len(each) == 2 + 43 for each in ids)


def test_a_renewed_id_shares_nothing_with_the_old_one_but_its_group():
    before = make_id()
    after = make_id(before)

    assert after[:2] == before[:2]
    assert after[2:] != before[2:]


def test_the_key_is_the_hash_of_the_id():
    session_id = make_id()

    group, _, digest = store_key(session_id).partition(":")

    assert group == session_id[:2]
    assert digest == hashlib.sha256(session_id.encode()).hexdigest()


def test_other_texts_are_no_ids():
    good = make_id()

    assert not any(map(is_id, ["", good[:-1], good + "a", good[:-1] + "=", good[:-1] + "\n"]))
