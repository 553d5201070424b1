"""Words are added to an open paragraph without a render, and to nothing else."""

import pytest

from chatinterface.content.markdown import render
from chatinterface.content.paragraph import OpenParagraph


def opened(source: str) -> OpenParagraph | None:
    return OpenParagraph.of(source, render(source))


@pytest.mark.parametrize("source", ["One", "One two", "One,  ", "# Title\n\nOne", "*One*\ntwo"])
def test_words_are_added(source: str) -> None:
    paragraph = opened(source)
    assert paragraph is not None
    shown = render(source).removesuffix("</p>\n") + (paragraph.extend(" three, four-five") or "") + "</p>\n"
    assert shown == render(source + " three, four-five")


@pytest.mark.parametrize(
    "source",
    ["", "1", "- one", "> one", "# one", "    one", "`one`", "_one_", "one\\", "one\n", "<b>one", "| a", "one *two*"],
)
def test_other_ends(source: str) -> None:
    assert opened(source) is None


@pytest.mark.parametrize("text", ["*", "a_b", "\n", "<b>", "`", "$1", "[", ")", "&amp;", "\\", "|"])
def test_more_than_words(text: str) -> None:
    paragraph = opened("One")
    assert paragraph is not None
    assert paragraph.extend(text) is None


def test_spaces_wait_for_words() -> None:
    paragraph = opened("One ")
    assert paragraph is not None
    assert [paragraph.extend(text) for text in (" ", "two ", "three")] == ["", "  two", " three"]
