"""How the benchmarks write down what they have measured."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import report
from benchmarks.budgets import Budget
from benchmarks.peers import __main__ as command
from benchmarks.peers import contenders, environments, measures
from benchmarks.peers import report as peers
from benchmarks.peers.contenders import APPS
from benchmarks.peers.environments import pins
from benchmarks.peers.job import job

BUDGETS = [Budget("gap_ms", "gap, ms", 150), Budget("memory_mb", "memory, MB", 4), Budget("tasks", "tasks", 0)]


def test_columns() -> None:
    table = report.columns(
        BUDGETS, {"a": {"gap_ms": 150.0, "tasks": 1}, "b": {"gap_ms": 20.04, "tasks": 0, "memory_mb": 1}}
    )
    assert table.splitlines() == [
        "| measure | a | b | budget | |",
        "|---|--:|--:|--:|---|",
        "| gap, ms | 150 | 20 | 150 | PASS |",
        "| tasks | 1 | 0 | 0 | **FAIL** |",
    ]


def test_block_between_marks() -> None:
    text = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n<!-- y: begin -->\nother\n<!-- y: end -->\n"
    assert report.between_marks(text, "x", r"new \1") == text.replace("old", r"new \1")


def test_marks_are_missed() -> None:
    with pytest.raises(ValueError, match="There is no <!-- x: begin -->"):
        report.between_marks("a", "x", "new")


@pytest.mark.parametrize("name", ["figures", "load", "peers"])
def test_readme_has_marks(name: str) -> None:
    readme = (report.HERE / "README.md").read_text()
    assert report.between_marks(readme, name, "new") != readme


def test_cells_compare_with_ours() -> None:
    results = {
        "floor": {"idle_mb": [10.0]},
        "chat": {"idle_mb": [40.0, 50.0, 60.0]},
        "other": {"idle_mb": [1500.0, 1400.0]},
    }
    assert peers.table(results).splitlines() == [
        "| | floor | chat | other |",
        "|---|--:|--:|--:|",
        "| memory, idle, MB | 10 ×0.2 | 50 (40–60) | 1,450 ×29 (1,400–1,500) |",
    ]


def test_nothing_measured() -> None:
    results: peers.Results = {"chat": {"idle_mb": [40.0]}, "other": {}}
    assert peers.table(results).splitlines()[2] == "| memory, idle, MB | 40 | – |"


def test_reply_that_was_cut_off() -> None:
    results = {
        "chat": {"tokens_2000_per_s": [50_000.0]},
        "other": {"tokens_2000_per_s": [20.0], "tokens_2000_cut": [1.0]},
    }
    assert "| 50,000 | 20† ×0.0004 |" in peers.table(results)


def test_cut_off_in_some_round() -> None:
    results = {
        "chat": {"tokens_2000_per_s": [2.0]},
        "other": {"tokens_2000_per_s": [1.0, 3.0, 2.0], "tokens_2000_cut": [1.0]},
    }
    assert "2† ×1 (1–3)" in peers.table(results)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.00123, "0.00123"), (21.04, "21"), (999.4, "999"), (1000, "1,000"), (-12_345.6, "-12,346")],
)
def test_shown(value: float, text: str) -> None:
    assert peers.shown(value) == text


def test_rows_are_different() -> None:
    for names in ([row.figure for row in peers.ROWS], [row.title for row in peers.ROWS]):
        assert len(set(names)) == len(names)


@pytest.fixture
def without_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "browser", nullcontext)


def running(monkeypatch: pytest.MonkeyPatch, *, starts: bool) -> None:
    @contextmanager
    def run(name: str, *_: Any) -> Iterator[Any]:
        if not starts:
            raise RuntimeError(f"{name} did not start")
        yield SimpleNamespace(name=name)

    monkeypatch.setattr(contenders, "running", run)


def test_one_that_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    running(monkeypatch, starts=False)
    assert command.measured("gradio", ["load", "wire"], tmp_path, tmp_path) == {"failures": 2.0}


@pytest.mark.usefixtures("without_browser")
def test_measure_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    running(monkeypatch, starts=True)
    monkeypatch.setitem(measures.ALL, "load", lambda _browser, _target: max(()))
    monkeypatch.setitem(measures.ALL, "wire", lambda _browser, _target: {"bytes_a_token": 13.0})
    figures = command.measured("gradio", ["load", "wire"], tmp_path, tmp_path)
    assert figures == {"bytes_a_token": 13.0, "failures": 1.0}


def test_one_that_cannot_be_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", "false")
    with pytest.raises(RuntimeError, match=r"gradio==.* cannot be installed"):
        environments.python_of("gradio", tmp_path)


def test_environments_that_are_there(tmp_path: Path) -> None:
    directory = tmp_path / "gradio"
    directory.mkdir()
    directory.joinpath("installed.txt").write_text(pins()["gradio"])
    assert environments.python_of("gradio", tmp_path) == directory / "bin/python"


def test_job() -> None:
    tokens, pause = job("3 20 qaa list")
    assert pause == 0.02
    assert "".join(tokens) == "- qaa0 qaa1 qaa2 qaaEND\n"


def test_peers_have_versions_and_apps() -> None:
    assert set(pins()) == set(contenders.PEERS)
    assert {f"{name}_chat.py" for name in contenders.PEERS} == {path.name for path in APPS.glob("*.py")}


@pytest.mark.parametrize("path", [*APPS.glob("*.py")], ids=lambda path: path.stem)
def test_apps_compile(path: Path) -> None:
    compile(path.read_text(), path, "exec")


@pytest.mark.parametrize("name", contenders.PEERS)
def test_commands_are_filled_in(name: str) -> None:
    command = [part.format(app="app.py", port=8000) for part in contenders.PEERS[name].command]
    assert any("app.py" in part for part in command)
    assert any("8000" in part for part in command)
