import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatinterface import ranges

SIZES = st.integers(min_value=0, max_value=2**40)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=0-", range(10)),
        ("bytes=2-5", range(2, 6)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("bytes=5-99", range(5, 10)),
        ("Bytes = 1 - 2", range(1, 3)),
        ("", None),
        ("bytes=-", None),
        ("bytes=5-2", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("bytes=" + "9" * 5000 + "-", None),
    ],
)
def test_ranges_are_read(header: str, part: range | None) -> None:
    assert ranges.parse(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_behind_the_end_is_nothing(header: str) -> None:
    with pytest.raises(ranges.Unsatisfiable):
        ranges.parse(header, 10)


@given(st.text(alphabet="bytes=-,0123456789 "), SIZES)
def test_ranges_lie_within(header: str, size: int) -> None:
    try:
        part = ranges.parse(header, size)
    except ranges.Unsatisfiable:
        return
    assert part is None or 0 <= part.start < part.stop <= size


@given(SIZES, st.integers(min_value=0), st.integers(min_value=0, max_value=2**20))
def test_range_is_what_was_asked_for(size: int, start: int, length: int) -> None:
    start = start % (size + 1)
    if start < size:
        assert ranges.parse(f"bytes={start}-{start + length}", size) == range(start, min(start + length + 1, size))
