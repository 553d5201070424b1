import json
from typing import Any

import pytest

from chatinterface.content.components import HTML, JSON, Code, Markdown, Text
from chatinterface.content.components.text import fenced
from tests.content.components.keeping import shown


@pytest.mark.parametrize(
    ("component", "kind", "text"),
    [
        (Text("a\n  <b>"), "plain", "a\n  <b>"),
        (Markdown("**a**"), "markdown", "**a**"),
        (HTML("<b>a</b> &amp; b"), "html", "a &amp; b"),
        (Code("x = 1", "python"), "code", "```python\nx = 1\n```"),
        (JSON({"a": 1}), "json", '```json\n{\n  "a": 1\n}\n```'),
    ],
)
def test_stands_for_itself(component: Any, kind: str, text: str) -> None:
    part, _ = shown(component)
    assert (part["type"], part["component"], part["text"]) == ("component", kind, text)


@pytest.mark.parametrize("component", [Text, Markdown, HTML, Code])
def test_stores_what_can_be_stored(component: Any) -> None:
    part, _ = shown(component("a\0b\ud800"))
    assert part["props"]["value"] == "a\ufffdb\ufffd"


def test_fence_is_longer() -> None:
    assert fenced("```\nx\n```") == "````\n```\nx\n```\n````"


@pytest.mark.parametrize("code", ["x\n" * 3000, "x" * 200_000])
def test_long_code_is_file(code: str) -> None:
    part, kept = shown(Code(code, title="long.py"))
    assert len(part["props"]["value"]) <= 100_000
    assert part["props"]["value"].count("\n") <= 2000
    assert kept.data(part) == code.encode()


def test_short_code_is_none() -> None:
    assert shown(Code("x = 1"))[0]["props"]["items"] == []


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (2**60, str(2**60)),
        ({1: (2, {3})}, {"1": [2, [3]]}),
        ("[1, null]", [1, None]),
        (b'{"a": true}', {"a": True}),
        ({"a": object}, {"a": "<class 'object'>"}),
        ('"a\\u0000"', "a\ufffd"),
    ],
)
def test_json_is_plain(value: Any, plain: Any) -> None:
    props = shown(JSON(value))[0]["props"]
    assert props["value"] == plain
    json.dumps(props, allow_nan=False)


@pytest.mark.parametrize("value", [list(range(1000)), {"a": ["x"] * 500}, '"' + "x" * 5000 + '"'])
def test_large_json_is_file(value: Any) -> None:
    part, kept = shown(JSON(value))
    assert len(json.dumps(part["props"]["value"])) < 10_000
    assert json.loads(kept.data(part)) == (json.loads(value) if isinstance(value, str) else value)


def test_json_in_circles() -> None:
    circle: list[Any] = []
    circle.append(circle)
    part, _ = shown(JSON(circle))
    assert "…" in json.dumps(part["props"]["value"], ensure_ascii=False)


def test_many_values_are_cut() -> None:
    value = {str(number): list(range(50)) for number in range(199)}
    part, _ = shown(JSON(value))
    assert 0 < json.dumps(part["props"]["value"]).count(",") < 2000
