from hypothesis import given
from hypothesis import strategies as st

from chatinterface.content.reasoning import Kind, Reasoning, Thought, split

TAGS = [("<think>", "</think>"), ("[[", "]]")]
TEXTS = st.lists(st.sampled_from(["<think>", "</think>", "[[", "]]", "<", "th", "ink>", "a b", "\n", "]", "</"])).map(
    "".join
)


def told(text: str, sizes: list[int]) -> list[str | tuple[str, bool]]:
    """What is made of a text that comes in pieces, as split() tells it."""
    reasoning, found = Reasoning(TAGS), list[str | tuple[str, bool]]()
    pieces = []
    for size in [*sizes, len(text)]:
        pieces += reasoning.feed(text[:size])
        text = text[size:]
    for kind, piece in (*pieces, *reasoning.finish()):
        last = found[-1] if found else None
        if kind is Kind.BEGIN:
            found.append(("", False))
        elif isinstance(last, tuple) and not last[1]:
            found[-1] = (last[0] + piece, kind is Kind.END)
        elif isinstance(last, str):
            found[-1] = last + piece
        else:
            found.append(piece)
    return found


def test_thought() -> None:
    assert split("a<think>b</think>c", TAGS) == ["a", Thought("b", ended=True), "c"]


def test_open_thought() -> None:
    assert split("<think>b", TAGS) == [Thought("b")]


def test_beginning_of_a_tag_is_held_back() -> None:
    assert split("a <thi", TAGS) == ["a "]
    assert split("a <thi", TAGS, whole=True) == ["a <thi"]


def test_line_breaks_of_tags() -> None:
    assert split("<think>\n\nb</think>\n\nc", TAGS) == [Thought("b", ended=True), "c"]


@given(TEXTS, st.lists(st.integers(0, 5)))
def test_any_chunks_equal_the_whole(text: str, sizes: list[int]) -> None:
    whole = [(each.text, each.ended) if isinstance(each, Thought) else each for each in split(text, TAGS, whole=True)]
    assert told(text, sizes) == whole
