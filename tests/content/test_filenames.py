import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatinterface.content import filenames

PIECES = st.sampled_from(
    ["..", "/", "\\", "C:", ":", "\0", "\n", "\u202e", "\u200f", ".", " ", "con", "NUL", ".txt", "é", "報"]
)
NAMES = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3))).map("".join))


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\secret.txt", "secret.txt"),
        ("C:\\x\\y.txt", "y.txt"),
        ("C:y.txt", "y.txt"),
        ("\\\\host\\share\\z.txt", "z.txt"),
        ("a\0b\r\nc.txt", "abc.txt"),
        ("gpj.\u202eexe.png", "gpj.exe.png"),
        ("  two   words .txt ", "two words .txt"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("console.log", "console.log"),
        (".htaccess", "file.htaccess"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        ("what?*.txt", "what__.txt"),
        ("Über/größe.csv", "größe.csv"),
        ("نص.txt", "نص.txt"),
    ],
)
def test_names_are_cleaned(given_name: str, shown: str) -> None:
    assert filenames.clean(given_name) == shown


def test_long_names_keep_their_extension() -> None:
    name = filenames.clean("語" * 300 + ".xlsx")
    assert len(name.encode()) <= filenames.LONGEST
    assert name.endswith("語.xlsx")


@given(NAMES)
def test_clean_names_are_harmless(name: str) -> None:
    shown = filenames.clean(name)
    assert 0 < len(shown.encode()) <= filenames.LONGEST
    assert not set('/\\\0:<>"|?*\r\n') & set(shown)
    assert not any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in shown)
    assert not any(
        unicodedata.bidirectional(letter) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI"}
        for letter in shown
    )
    assert not shown.startswith((".", " "))
    assert not shown.endswith((".", " "))


@given(NAMES)
def test_clean_names_stay(name: str) -> None:
    shown = filenames.clean(name)
    assert filenames.clean(shown) == shown
