"""Keys: their shape, their checksum, what is stored of them."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from services.api.keys import csrf_token, new_key, read_key


def test_a_key_reads_back_as_it_was_made() -> None:
    key = new_key("live")
    assert read_key(key.text) == key
    assert key.text.startswith(f"stw_live_{key.id}_")


def test_only_the_digest_of_the_secret_is_for_storing() -> None:
    key = new_key("test")
    assert key.sha256 == hashlib.sha256(key.secret.encode()).digest()


@given(place=st.integers(0, 200), letter=st.characters(codec="ascii", categories=["Ll", "Lu", "Nd"]))
def test_one_wrong_letter_is_always_noticed(place: int, letter: str) -> None:
    text = new_key("dev").text
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    assert (read_key(changed) is not None) == (changed == text)


@given(st.text())
def test_anything_else_is_no_key(text: str) -> None:
    assert read_key(text) is None


def test_the_form_token_belongs_to_one_session() -> None:
    assert csrf_token("a") == csrf_token("a") != csrf_token("b")
