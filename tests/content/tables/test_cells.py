from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import numpy
import pandas
import pytest

from chatinterface.content.tables import cells


@pytest.mark.parametrize(
    ("values", "kind", "kept"),
    [
        (["a", None], "text", ["a", None]),
        ([1, 2], "number", [1, 2]),
        ([1, 2.5, None], "number", [1, 2.5, None]),
        ([float("nan"), 1.0], "number", [None, 1.0]),
        ([True, None, False], "boolean", [True, None, False]),
        ([2**70, 1], "decimal", [str(2**70), 1]),
        ([Decimal("1.10"), Decimal("NaN")], "decimal", ["1.10", None]),
        ([date(2024, 5, 1)], "date", ["2024-05-01"]),
        ([datetime(2024, 5, 1, 12, 30)], "datetime", ["2024-05-01 12:30"]),
        ([datetime(2024, 5, 1, 12, 30, 5, tzinfo=UTC)], "datetime", ["2024-05-01 12:30:05"]),
        ([date(2024, 5, 1), datetime(2024, 5, 1, 12)], "datetime", ["2024-05-01", "2024-05-01 12:00"]),
        ([time(9, 5)], "time", ["09:05"]),
        ([b"1234"], "text", ["4 B"]),
        ([[1, {"a": None}]], "text", ['[1, {"a": null}]']),
        ([1, "a"], "text", [1, "a"]),
        ([None, None], "", [None, None]),
        ([pandas.NaT, pandas.Timestamp("2024-05-01 10:00")], "datetime", [None, "2024-05-01 10:00"]),
        ([pandas.NA, 1], "number", [None, 1]),
        (["a", float("nan")], "text", ["a", None]),
        ([numpy.int64(3), numpy.float64(1.5)], "number", [3, 1.5]),
        (["x" * 20_000], "text", ["x" * 10_000]),
    ],
)
def test_stored(values: Sequence[Any], kind: str, kept: list[Any]) -> None:
    assert cells.stored(values) == (kind, kept)


@pytest.mark.parametrize(
    ("value", "kind", "places", "text"),
    [
        (None, "number", 2, None),
        (5, "number", 0, "5"),
        (5, "number", 2, "5.00"),
        (1.239, "number", 2, "1.24"),
        (1e20, "number", 2, "1e+20"),
        (0.00000123, "number", 4, "1.23e-06"),
        (0.0, "number", 1, "0.0"),
        (float("-inf"), "number", 1, "-∞"),
        ("ü" * 500, "text", 0, "ü" * 200 + "…"),
        (1, "boolean", 0, "1"),
        ("3.10", "decimal", 0, "3.10"),
    ],
)
def test_shown(value: Any, kind: str, places: int, text: str | None) -> None:
    assert cells.shown(value, kind, places) == text


@pytest.mark.parametrize(
    ("values", "places"), [([1.5, 2.25, 3], 2), ([1.0, 2.0], 0), ([1 / 3], 4), ([1e-9], 0), ([], 0)]
)
def test_decimals(values: list[Any], places: int) -> None:
    assert cells.decimals(values) == places
