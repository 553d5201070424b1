from hypothesis import given
from hypothesis import strategies as st

from chatinterface.content.incremental import PATCH_LIMIT, IncrementalMarkdown, Patch
from chatinterface.content.markdown import render
from chatinterface.content.units import common_prefix, units
from tests.content.reader import Reader, stream


def test_nothing_new() -> None:
    markdown = IncrementalMarkdown()
    assert markdown.patch() is None
    assert stream(markdown, "a") and markdown.patch() is None
    markdown.append("")
    assert markdown.patch() is None


def test_only_end_sent() -> None:
    first, second = stream(IncrementalMarkdown(), "one", " two")
    assert first == Patch(keep=0, tail="<p>one</p>\n", commit=0)
    assert second == Patch(keep=6, tail=" two</p>\n", commit=0)


def test_closed_block_not_sent_again() -> None:
    *_, last = stream(IncrementalMarkdown(), "one\n", "\n")
    assert last == Patch(keep=11, tail="", commit=11)


def test_units_are_javascripts() -> None:
    _, second = stream(IncrementalMarkdown(), "😀", "a")
    assert second.keep == len("<p>") + 2


def test_invisible_text_sends_nothing() -> None:
    assert len(stream(IncrementalMarkdown(), "a", " ", " ")) == 1


def test_open_line_decides_nothing() -> None:
    markdown = IncrementalMarkdown()
    stream(markdown, "a\n\n", "2")
    assert markdown.html == "<p>a</p>\n<p>2</p>\n"
    stream(markdown, ". b")
    assert markdown.html == '<p>a</p>\n<ol start="2">\n<li>b</li>\n</ol>\n'


def test_fence_grows_by_its_text() -> None:
    markdown = IncrementalMarkdown()
    *_, last = stream(markdown, "```python\n", "a = 1\n", "b < 2\n")
    assert last.tail == "b &lt; 2\n</code></pre>\n"
    assert "<span" not in markdown.html


def test_fence_holds_indent_back() -> None:
    markdown = IncrementalMarkdown()
    patches = stream(markdown, "```\n", "a\n", "  ", "b")
    assert [patch.tail for patch in patches[2:]] == ["  b</code></pre>\n"]


def test_fence_highlighted_when_closed() -> None:
    markdown = IncrementalMarkdown()
    *_, last = stream(markdown, "```python\n", "return\n", "```\n")
    assert last.tail == '<span class="k">return\n</span></code></pre>\n'
    assert last.commit == units(markdown.html)


def test_fence_not_ended_by_shorter() -> None:
    markdown = IncrementalMarkdown()
    stream(markdown, "````\n", "```\n", "~~~\n", "````x\n", "a")
    assert markdown.html == "<pre><code>```\n~~~\n````x\na</code></pre>\n"


def test_open_details_not_finished() -> None:
    markdown, reader = IncrementalMarkdown(), Reader()
    for patch in stream(markdown, "a\n\n<details>\n\n", "b\n\n", "c\n\n"):
        reader.apply(patch)
    assert reader.finished == "<p>a</p>\n"
    for patch in stream(markdown, "</details>\n\n", "d\n\n"):
        reader.apply(patch)
    assert reader.finished == markdown.html


def test_known_definition_used() -> None:
    markdown = IncrementalMarkdown()
    stream(markdown, "[A b]: /x 'y'\n\n", "c\n\n", "[a  B]")
    assert '<a href="/x" title="y"' in markdown.html
    assert markdown.html == markdown.finish()


def test_later_definition_settles() -> None:
    markdown = IncrementalMarkdown()
    stream(markdown, "[a]\n\n", "b\n\n", "[a]: /x\n")
    assert "[a]" in markdown.html
    assert '<a href="/x"' in markdown.finish()


def test_snapshot_starts_over() -> None:
    markdown, reader = IncrementalMarkdown(), Reader()
    stream(markdown, "a\n\n", "b")
    assert markdown.snapshot() == Patch(keep=0, tail="<p>a</p>\n<p>b</p>\n", commit=9, reset=True)
    reader.apply(markdown.snapshot())
    (patch,) = stream(markdown, "c")
    reader.apply(patch)
    assert reader.html == "<p>a</p>\n<p>bc</p>\n"


def test_snapshot_is_of_last_patch() -> None:
    markdown = IncrementalMarkdown()
    stream(markdown, "a")
    markdown.append("b")
    assert markdown.snapshot().tail == "<p>a</p>\n"
    assert markdown.text == "ab"


def test_replace_continues() -> None:
    markdown = IncrementalMarkdown()
    stream(markdown, "one\n\ntwo")
    markdown.replace("one\n\ntwo three")
    assert markdown.patch() == Patch(keep=6, tail=" three</p>\n", commit=0)


def test_replace_keeps_finished_blocks() -> None:
    markdown = IncrementalMarkdown()
    stream(markdown, "one\n\ntwo")
    markdown.replace("one\n\nthree")
    assert markdown.patch() == Patch(keep=4, tail="hree</p>\n", commit=0)


def test_replace_starts_over() -> None:
    markdown = IncrementalMarkdown()
    stream(markdown, "one\n\ntwo")
    markdown.replace("three")
    assert markdown.patch() == Patch(keep=0, tail="<p>three</p>\n", commit=0, reset=True)
    assert markdown.text == "three"


def test_replace_by_nothing() -> None:
    markdown = IncrementalMarkdown()
    stream(markdown, "one\n\ntwo")
    markdown.replace("")
    patch = markdown.patch()
    assert patch and patch.reset and markdown.html == "" == markdown.finish()


def test_much_code_left_to_finish() -> None:
    markdown = IncrementalMarkdown()
    text = "```python\n" + "return\n" * PATCH_LIMIT + "```\n"
    stream(markdown, text, "\na")
    assert "<span" not in markdown.html
    text = "```python\n" + "return\n" * (PATCH_LIMIT // 5) + "```\n"
    markdown = IncrementalMarkdown()
    stream(markdown, text)
    assert "<span" not in markdown.html and "<span" in markdown.finish() == render(text)


@given(st.text(), st.text(), st.text())
def test_common_prefix(start: str, first: str, second: str) -> None:
    start *= 100
    length = common_prefix(start + first, start + second)
    assert (start + first)[:length] == (start + second)[:length]
    assert (start + first)[length : length + 1] != (start + second)[length : length + 1] or (
        length == len(start + first) == len(start + second)
    )


@given(st.text())
def test_units(text: str) -> None:
    assert units(text) == sum(2 if ord(character) > 0xFFFF else 1 for character in text)
