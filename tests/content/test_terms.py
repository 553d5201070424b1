import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatinterface.content.terms import MOST_WORDS, fold, query, snippet, terms

SCRIPTS = [
    ("Hello there, World!", "world"),
    ("Die Straße nach Größenwahn", "strasse"),
    ("Crème brûlée", "creme"),
    ("Привет, мир", "МИР"),
    ("Καλημέρα κόσμε", "κοσμε"),
    ("東京都の天気はどうですか", "天気"),
    ("東京都の天気はどうですか", "京"),
    ("ใครขายไข่ไก่", "ขาย"),
    ("한국어를 배웁니다", "한국어"),
    ("नमस्ते दुनिया", "दुनिया"),
    ("السَّلَامُ عَلَيْكُمْ", "السلام"),
    ("שָׁלוֹם עולם", "שלום"),
    ("iPhone手机壳", "手机"),
    ("\uff26ULL width", "full"),
    ("ﬁnal", "final"),
    ("İstanbul", "istanbul"),
]


def has(text: str, asked: str) -> bool:
    """Whether a database that has the words of the text finds it."""
    wanted, there = query(asked), set(terms(text))
    assert wanted
    return wanted.words <= there and (not wanted.beginning or any(each.startswith(wanted.beginning) for each in there))


def marked(text: str, asked: str) -> list[str]:
    wanted = query(asked)
    assert wanted
    return [piece for piece, mark in snippet(text, wanted.needles) or () if mark]


@pytest.mark.parametrize(("text", "asked"), SCRIPTS)
def test_every_script(text: str, asked: str) -> None:
    assert has(text, asked)
    (found,) = marked(text, asked)
    assert fold(found).startswith(fold(asked))


def test_last_word_is_a_beginning() -> None:
    assert has("a rising sun", "rising su")
    assert not has("a rising sun", "ris sun")


def test_short_word_is_whole() -> None:
    assert has("plan b", "b")
    assert not has("plan bee", "b")


def test_pairs_are_looked_for_in_order() -> None:
    assert has("京都東京", "東京都")
    assert snippet("京都東京", ["東京都"]) is None


def test_nothing_to_look_for() -> None:
    assert query(" .,!? ") is None


def test_words_are_each_once() -> None:
    assert terms("one two One, TWO") == ["one", "two"]


def test_words_are_bounded() -> None:
    assert len(terms(" ".join(map(str, range(3 * MOST_WORDS))))) <= MOST_WORDS


def test_long_word_is_found() -> None:
    assert has("x" * 500, "x" * 400)


def test_snippet_is_around_the_find() -> None:
    pieces = snippet("before " * 100 + "here" + " after" * 100, ["here"])
    assert pieces is not None
    assert pieces[0] == ("…", False)
    assert pieces[-1] == ("…", False)
    assert ("here", True) in pieces
    assert 100 < sum(len(piece) for piece, _ in pieces) < 200


def test_snippet_of_short_text_is_all() -> None:
    assert snippet("a b  c", ["b"]) == [("a ", False), ("b", True), (" c", False)]


@given(st.text(max_size=200), st.integers(0, 199), st.integers(1, 20))
def test_what_is_there_is_found(text: str, start: int, length: int) -> None:
    """Any whole words of a text find it."""
    words = text.split()
    asked = " ".join(words[start : start + length])
    if query(asked) is not None:
        assert has(text, asked)


@given(st.text(max_size=300), st.text(min_size=1, max_size=20))
def test_snippet_is_of_the_text(text: str, asked: str) -> None:
    """Nothing is lost, doubled or made up between the ends."""
    wanted = query(asked)
    pieces = snippet(text, wanted.needles) if wanted else None
    if pieces:
        joined = "".join(piece for piece, _ in pieces).strip("…").strip()
        assert fold(joined) in fold(" ".join(text.split()))
        assert any(mark for _, mark in pieces)


@given(st.text(max_size=300))
def test_words_have_no_spaces(text: str) -> None:
    """So that they can be joined by them, and none is taken for an owner."""
    assert all(term and not any(letter.isspace() or letter == "\ue000" for letter in term) for term in terms(text))
